package main_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/cli"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// shared opens a file of the data that lies beside the project, or skips.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("the real tenants are not here: %v", err)
	}
	return data
}

// world is a sandbox that listens on loopback, and the folder of a user of it.
type world struct {
	t      testing.TB
	box    *sandbox.Sandbox
	server *sandbox.Server
	ready  sandbox.Ready
	http   *http.Client
	folder string
	token  string
}

func serve(t testing.TB, file []byte, o sandbox.Options) *world {
	t.Helper()
	model, err := tenant.Load(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return serveTenant(t, model, o)
}

func serveTenant(t testing.TB, model *tenant.Tenant, o sandbox.Options) *world {
	t.Helper()
	o.Limits = true
	w := &world{t: t, box: sandbox.New(model, o), folder: t.TempDir()}
	server, err := w.box.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		w.http.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	w.server, w.ready = server, server.Ready()
	t.Cleanup(w.leavesNoSecret)
	w.http = trusting(t, w.ready.CAFile)
	line, err := json.Marshal(w.ready)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.path("ready.json"), line, 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

func trusting(t testing.TB, file string) *http.Client {
	t.Helper()
	client, err := trustingClient(file)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func trustingClient(file string) (*http.Client, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in %s", file)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}, nil
}

func (w *world) path(name string) string { return filepath.Join(w.folder, name) }

// result is what a command left behind.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a command line in this process against the sandbox.
func (w *world) run(args ...string) result {
	w.t.Helper()
	r := runWith(map[string]string{"RIVA_PREP_SANDBOX": w.path("ready.json")}, args...)
	if what := w.secrets().has([]byte(r.stdout + r.stderr)); what != "" {
		w.t.Errorf("the output of %q has %s", args, what)
	}
	return r
}

// secrets is a search for those of the world.
func (w *world) secrets() (s *search) {
	s = &search{}
	line, err := json.Marshal(w.ready)
	if err != nil {
		w.t.Fatal(err)
	}
	s.learn(line)
	return s
}

// leavesNoSecret looks at all files of the folder.
func (w *world) leavesNoSecret() {
	s := w.secrets()
	if err := s.filesIn(w.folder, func(string) bool { return false }); err != nil {
		w.t.Error(err)
	}
	for _, found := range s.found {
		w.t.Error(found)
	}
}

func runWith(env map[string]string, args ...string) result {
	var out, errs bytes.Buffer
	code := cli.Main(args, cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Getenv: func(name string) string { return env[name] }, Now: time.Now, Host: "test", PID: os.Getpid(),
	})
	return result{code, out.String(), errs.String()}
}

// want fails the test unless the command ended with the code.
func (r result) want(t testing.TB, code int) result {
	t.Helper()
	if r.code != code {
		t.Fatalf("exit code %d, want %d\nstdout: %.2000s\nstderr: %s", r.code, code, r.stdout, r.stderr)
	}
	return r
}

func (r result) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.stdout), into); err != nil {
		t.Fatalf("not JSON: %v\n%.1000s", err, r.stdout)
	}
}

// object is decoded JSON.
type object = map[string]any

func members(o object, name string) []object {
	items, _ := o[name].([]any)
	var out []object
	for _, it := range items {
		if m, ok := it.(object); ok {
			out = append(out, m)
		}
	}
	return out
}

func text(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

func words(o object, name string) []string {
	var out []string
	items, _ := o[name].([]any)
	for _, it := range items {
		if s, ok := it.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// control reads one of the sandbox's control endpoints.
func (w *world) control(name string) object {
	w.t.Helper()
	return w.fetch(w.ready.Control+name, nil)
}

// get reads a Graph address with a token of its own, without the product.
func (w *world) get(address string, prefer string) object {
	w.t.Helper()
	return w.fetch(address, http.Header{"Authorization": {"Bearer " + w.signIn()}, "Prefer": {prefer}})
}

// request is the same as a request, for who wants the bytes.
func (w *world) request(address string, prefer string) *http.Request {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + w.signIn()}, "Prefer": {prefer}}
	return req
}

func (w *world) signIn() string {
	w.t.Helper()
	if w.token != "" {
		return w.token
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {w.ready.ClientID},
		"client_secret": {w.ready.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"},
	}
	resp, err := w.http.PostForm(w.ready.Authority+"/"+w.ready.TenantID+"/oauth2/v2.0/token", form)
	if err != nil {
		w.t.Fatal(err)
	}
	w.token = text(decodeBody(w.t, resp), "access_token")
	return w.token
}

func (w *world) fetch(address string, header http.Header) object {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		w.t.Fatalf("GET %s: %s", address, resp.Status)
	}
	return decodeBody(w.t, resp)
}

func decodeBody(t testing.TB, resp *http.Response) object {
	t.Helper()
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		data = fmt.Appendf(nil, `{"value":%s}`, data)
	}
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatalf("%s: %v", resp.Request.URL, err)
	}
	return o
}
