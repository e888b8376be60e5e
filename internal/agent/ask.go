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
	"strings"
	"syscall"
	"time"
)

// maxAnswer bounds what an agent answers, in bytes.
const maxAnswer = 1 << 20

// Ask asks the agent that keeps its peers in a directory how it is doing. It
// blocks for ten seconds at most.
func Ask(ctx context.Context, directory string) (*Status, error) {
	text, err := ask(ctx, directory, http.MethodGet, "/status")
	if err != nil {
		return nil, fmt.Errorf("ask the agent: %w", err)
	}
	s := new(Status)
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("ask the agent: %w", err)
	}
	return s, nil
}

// ask sends a request to the agent of a directory.
func ask(ctx context.Context, directory, method, path string) ([]byte, error) {
	socket := filepath.Join(directory, SocketName)
	client := http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}},
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, method, "http://agent"+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("no agent runs that keeps its peers in %s; start it (dropwatch agent), or name its directory with --state", directory)
	case err != nil:
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(text)))
	}
	return text, err
}
