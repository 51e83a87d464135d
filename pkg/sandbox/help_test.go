package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

const host = "https://sandbox.example"

// world is a sandbox and a signed-in client of it, without a network.
type world struct {
	t     testing.TB
	box   *sandbox.Sandbox
	http  *http.Client
	token string
}

func newWorld(t testing.TB, file string, o sandbox.Options) *world {
	t.Helper()
	tn, err := tenant.Load(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return worldOf(t, tn, o)
}

func worldOf(t testing.TB, tn *tenant.Tenant, o sandbox.Options) *world {
	t.Helper()
	s := sandbox.New(tn, o)
	w := &world{t: t, box: s, http: s.Client()}
	w.token = w.signIn()
	return w
}

func (w *world) signIn() string {
	w.t.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {w.box.ClientID()},
		"client_secret": {w.box.ClientSecret()}, "scope": {"https://graph.microsoft.com/.default"},
	}
	res, err := w.http.PostForm(host+"/"+w.box.TenantID()+"/oauth2/v2.0/token", form)
	if err != nil {
		w.t.Fatal(err)
	}
	a := read(w.t, res)
	if a.status != 200 {
		w.t.Fatalf("sign in: %d %s", a.status, a.raw)
	}
	return a.text("access_token")
}

// reply is an answer with its body decoded.
type reply struct {
	status int
	header http.Header
	raw    []byte
	json   map[string]any
}

func read(t testing.TB, res *http.Response) reply {
	t.Helper()
	a, err := decoded(res)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func decoded(res *http.Response) (reply, error) {
	raw, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return reply{}, err
	}
	a := reply{status: res.StatusCode, header: res.Header, raw: raw}
	if bytes.HasPrefix(raw, []byte("{")) {
		if err := json.Unmarshal(raw, &a.json); err != nil {
			return a, fmt.Errorf("answer is no JSON: %w: %s", err, raw)
		}
	}
	return a, nil
}

func (a reply) text(name string) string {
	s, _ := a.json[name].(string)
	return s
}

// code is the error code of the answer, with To Do's inner code behind a slash.
func (a reply) code() string {
	e, _ := a.json["error"].(map[string]any)
	code, _ := e["code"].(string)
	if inner, ok := e["innerError"].(map[string]any); ok {
		if c, ok := inner["code"].(string); ok {
			code += "/" + c
		}
	}
	return code
}

func (a reply) values() []map[string]any {
	list, _ := a.json["value"].([]any)
	var out []map[string]any
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func (a reply) ids() []string {
	var out []string
	for _, v := range a.values() {
		out = append(out, fmt.Sprint(v["id"]))
	}
	return out
}

// do sends a request; headers are "Name: value". It is for the test's own
// goroutine, as send is for others.
func (w *world) do(method, path, body string, headers ...string) reply {
	w.t.Helper()
	a, err := w.send(method, path, body, headers...)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// send is do without a word to the test.
func (w *world) send(method, path, body string, headers ...string) (reply, error) {
	if !strings.HasPrefix(path, "https://") {
		path = host + "/v1.0" + path
	}
	req, err := http.NewRequest(method, path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	if body != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := w.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	return decoded(res)
}

// sent is do for other goroutines than the test's: it fails the test without
// ending it, and ok is false if there is no answer with the status.
func (w *world) sent(status int, method, path, body string, headers ...string) (a reply, ok bool) {
	a, err := w.send(method, path, body, headers...)
	if err != nil || a.status != status {
		w.t.Errorf("%s %s: status %d, want %d, %v: %.300s", method, path, a.status, status, err, a.raw)
		return a, false
	}
	return a, true
}

func (w *world) get(path string, headers ...string) reply {
	w.t.Helper()
	return w.do("GET", path, "", headers...)
}

// want fails the test unless the answer has the status and, if given, code.
func (a reply) want(t testing.TB, status int, code ...string) reply {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.raw)
	}
	if len(code) > 0 && a.code() != code[0] {
		t.Fatalf("code %q, want %q: %s", a.code(), code[0], a.raw)
	}
	return a
}

// all follows the pages of a list to its end.
func (w *world) all(path string, headers ...string) []map[string]any {
	w.t.Helper()
	var out []map[string]any
	for path != "" {
		a := w.get(path, headers...).want(w.t, 200)
		out = append(out, a.values()...)
		path = a.text("@odata.nextLink")
	}
	return out
}

// shared finds the project's data, or skips the test.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		t.Fatal("no go.mod above the test")
	}
	file := filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(file); err != nil {
		t.Skipf("the data is not here: %v", err)
	}
	return file
}
