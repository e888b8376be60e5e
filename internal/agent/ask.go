package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// maxAnswer bounds what an agent answers, in bytes.
const maxAnswer = 1 << 20

// Ask asks the agent that keeps its peers in a directory how it is doing. It
// blocks for ten seconds at most.
func Ask(ctx context.Context, directory string) (*Status, error) {
	path := filepath.Join(directory, SocketName)
	client := http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}},
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://agent/status", nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("no agent runs that keeps its peers in %s; start it (dropwatch agent), or name its directory with --state", directory)
	case err != nil:
		return nil, fmt.Errorf("ask the agent: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask the agent: it answers %s", response.Status)
	}
	s := new(Status)
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(s); err != nil {
		return nil, fmt.Errorf("ask the agent: %w", err)
	}
	return s, nil
}
