package action

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"dropwatch/internal/alert"
)

// webhook calls an address.
type webhook struct {
	url        *url.URL
	headerFile string
	client     *http.Client
}

// Bounds of what a server says.
const (
	maxAnswer       = 64 << 10
	maxAnswerHeader = 64 << 10
)

func newWebhook(c Webhook) (*webhook, error) {
	u, err := parseURL(c.URL)
	if err != nil {
		return nil, err
	}
	if c.HeaderFile != "" { // tell now, and not at three in the morning
		if _, err := readHeader(c.HeaderFile); err != nil {
			return nil, err
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 1
	transport.MaxResponseHeaderBytes = maxAnswerHeader
	return &webhook{url: u, headerFile: c.HeaderFile, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// parseURL never repeats the text: secrets are in it.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil, errors.New("url: is missing")
	case err != nil, u.Opaque != "", u.Hostname() == "", u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("url: want one such as https://HOST/PATH")
	case u.User != nil:
		return nil, errors.New("url: a name and password do not belong there: put a line Authorization: into a header_file")
	}
	return u, nil
}

// deliver is done when the server answers with 2xx.
func (w *webhook) deliver(ctx context.Context, e *alert.Event) (bool, error) {
	again, err := w.post(ctx, e)
	if err != nil {
		return again, fmt.Errorf("%s://%s: %w", w.url.Scheme, w.url.Host, err)
	}
	return false, nil
}

func (w *webhook) post(ctx context.Context, e *alert.Event) (again bool, err error) {
	document, err := e.JSON()
	if err != nil {
		return false, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url.String(), bytes.NewReader(document))
	if err != nil {
		return false, withoutURL(err)
	}
	if w.headerFile != "" {
		if request.Header, err = readHeader(w.headerFile); err != nil {
			return true, err
		}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "dropwatch")
	answer, err := w.client.Do(request)
	if err != nil {
		return true, withoutURL(err)
	}
	defer answer.Body.Close()
	// read, so that the connection can be used again; what it says may repeat
	// what we sent
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	return judge(answer.StatusCode)
}

// judge tells what the code of an answer means.
func judge(code int) (again bool, err error) {
	switch {
	case code >= 200 && code < 300:
		return false, nil
	case code >= 300 && code < 400:
		return false, fmt.Errorf("answered %d: redirects are not followed; give the address it leads to", code)
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return true, fmt.Errorf("answered %d %s", code, http.StatusText(code))
	}
	return false, fmt.Errorf("answered %d %s", code, http.StatusText(code))
}

// withoutURL takes the URL off an error.
func withoutURL(err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		return with.Err
	}
	return err
}

func (w *webhook) close() error {
	w.client.CloseIdleConnections()
	return nil
}
