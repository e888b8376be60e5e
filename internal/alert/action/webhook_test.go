package action

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/alert"
)

func hook(t *testing.T, c Webhook) *webhook {
	t.Helper()
	w, err := newWebhook(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.close() })
	return w
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// recorder notes the state of each event.
func recorder(states *[]string) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		var document struct{ State string }
		if json.NewDecoder(r.Body).Decode(&document) == nil {
			*states = append(*states, document.State+"\n")
		}
	}
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "header")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWebhook(t *testing.T) {
	e := example()
	asked := 0
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		var document struct{ Schema, Rule, State, Text string }
		err := json.NewDecoder(r.Body).Decode(&document)
		if err != nil || document.Schema != alert.EventSchema || document.Rule != "memory" || document.State != "firing" || document.Text != alert.Text(&e) {
			t.Errorf("body: %+v, %v", document, err)
		}
		if r.Method != http.MethodPost || r.URL.RawQuery != "token=a%20b" || r.Header.Get("Content-Type") != "application/json" ||
			r.Header.Get("Authorization") != "Bearer xyz" || r.Header.Get("X-More") != "a: b" {
			t.Errorf("request: %s %s %v", r.Method, r.URL, r.Header)
		}
	})
	w := hook(t, Webhook{url + "/hooks?token=a%20b", secretFile(t, "# ours\n\nauthorization: Bearer xyz\r\nX-More:a: b\n")})
	if again, err := w.deliver(t.Context(), &e); err != nil || again {
		t.Error(again, err)
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestWebhookAnswers(t *testing.T) {
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") })
	for code, want := range map[int]struct {
		again bool
		text  string
	}{
		200: {false, ""}, 204: {false, ""},
		307: {false, "answered 307: redirects are not followed; give the address it leads to"},
		401: {false, "answered 401 Unauthorized"},
		429: {true, "answered 429 Too Many Requests"},
		503: {true, "answered 503 Service Unavailable"},
	} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", elsewhere)
			w.WriteHeader(code)
			if code != 204 {
				w.Write([]byte("your token is secret"))
			}
		})
		e := example()
		again, err := hook(t, Webhook{URL: url + "/secret?secret=secret"}).deliver(t.Context(), &e)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if want.text != "" {
			want.text = url + ": " + want.text
		}
		if again != want.again || got != want.text {
			t.Errorf("%d: %v %s", code, again, got)
		}
	}
}

// What is secret is not in errors.
func TestWebhookSecrets(t *testing.T) {
	release := make(chan struct{})
	slow := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	e := example()
	for name, test := range map[string]struct{ url, want string }{
		"nobody listens": {closed.URL, ": connect: connection refused"},
		"too slow":       {slow, ": context deadline exceeded"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		w := hook(t, Webhook{test.url + "/secret?secret=secret", secretFile(t, "Authorization: secret")})
		again, err := w.deliver(ctx, &e)
		if !again || err == nil || !strings.HasPrefix(err.Error(), test.url+": ") || !strings.HasSuffix(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, %v", name, again, err)
		}
	}
}

func TestHeaderFile(t *testing.T) {
	open := secretFile(t, "Authorization: secret")
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "none")
	bare := secretFile(t, "A: b\nsecret\n")
	large := secretFile(t, strings.Repeat("A: b\n", maxHeaderFile))
	odd := secretFile(t, "A: sec\x00ret\n")
	for path, want := range map[string]string{
		open:        "header_file: others can read " + open + " (mode 0640): chmod 600 " + open,
		missing:     "header_file: open " + missing + ": no such file or directory",
		bare:        "header_file: " + bare + ": line 2: want NAME: VALUE",
		odd:         "header_file: " + odd + ": line 1: want NAME: VALUE",
		large:       "header_file: " + large + " has more than 16384 bytes",
		t.TempDir(): "is no regular file",
	} {
		if _, err := newWebhook(Webhook{"https://host.example/", path}); err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add("Authorization: Bearer xyz\r\n# x\n\nX-A:b")
	f.Add("secret")
	f.Add("A B: c")
	f.Fuzz(func(t *testing.T, text string) {
		header, err := parseHeader(text)
		if err != nil {
			return
		}
		request := httptest.NewRequest(http.MethodPost, "http://host.example/", nil)
		request.Header = header
		var b strings.Builder
		if err := request.Header.Write(&b); err != nil {
			t.Fatal(err)
		}
		for name, list := range header {
			if name == "" || strings.ContainsAny(name+strings.Join(list, ""), "\r\n\x00") {
				t.Errorf("%q: %q", name, list)
			}
		}
	})
}
