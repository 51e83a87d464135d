package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// latency is how long a request is in service: long enough to be killed in it.
const latency = 2 * time.Millisecond

// front stands before the sandbox: it counts what a command sends, and kills the
// command at one of its requests.
type front struct {
	box    *sandbox.Sandbox
	server *httptest.Server

	mu               sync.Mutex
	moment           moment
	kill             func()
	requests, writes int
	inside           sync.WaitGroup
}

// serve plays the tenant on loopback, and writes what a client has to know.
func serve(facts tenant.Facts, ready string) (*front, error) {
	model, err := tenant.Load(bytes.NewReader(company()))
	if err != nil {
		return nil, err
	}
	f := &front{box: sandbox.New(model, sandbox.Options{Latency: latency, Spread: 0.5, Limits: true, Facts: facts})}
	f.server = httptest.NewUnstartedServer(f)
	if f.server.TLS, err = loopback(); err != nil {
		return nil, err
	}
	f.server.Config.ErrorLog = log.New(io.Discard, "", 0) // connections break all the time
	f.server.StartTLS()
	authority := ready + ".pem"
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.server.Certificate().Raw})
	if err := os.WriteFile(authority, block, 0o600); err != nil {
		return nil, err
	}
	line, err := json.Marshal(sandbox.Ready{
		Graph: f.server.URL, Authority: f.server.URL, TenantID: f.box.TenantID(), ClientID: f.box.ClientID(), ClientSecret: f.box.ClientSecret(),
		CAFile: authority, Control: f.server.URL + "/sandbox/",
	})
	if err != nil {
		return nil, err
	}
	return f, os.WriteFile(ready, line, 0o600)
}

func (f *front) close() { f.server.Close() }

// contents is what the tenant holds now.
func (f *front) contents() (contents, error) {
	data, err := f.box.Tenant().MarshalJSON()
	if err != nil {
		return contents{}, err
	}
	return readContents(data)
}

// await counts anew, and calls kill at the moment, if that is a request's.
func (f *front) await(m moment, kill func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.moment, f.kill, f.requests, f.writes = m, kill, 0, 0
}

// settle waits for what is in service, and says what was sent. The command is
// dead, so nothing more comes.
func (f *front) settle() (requests, writes int) {
	f.server.CloseClientConnections()
	f.inside.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests, f.writes
}

// ServeHTTP lets a request through, or kills the one who sent it.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.inside.Add(1)
	defer f.inside.Done()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // its sender is dead
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	m, hit := f.count(changes(r, body))
	if !hit {
		f.box.ServeHTTP(w, r)
		return
	}
	switch m.fate {
	case lost:
		f.kill()
	case unheard:
		f.kill()
		f.box.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
	case answered:
		f.box.ServeHTTP(w, r)
		time.AfterFunc(m.after, f.kill)
	}
}

// count counts a request, and says whether it is the one to kill at.
func (f *front) count(change bool) (moment, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests++
	if change {
		f.writes++
	}
	m := f.moment
	return m, m.by == byRequest && m.count == f.requests || m.by == byChange && change && m.count == f.writes
}

var batched = regexp.MustCompile(`"method"\s*:\s*"(POST|PATCH|PUT|DELETE)"`)

// changes says whether a request may change something.
func changes(r *http.Request, body []byte) bool {
	switch path := r.URL.Path; {
	case r.Method == http.MethodGet || !strings.HasPrefix(path, "/v1.0/") && !strings.HasPrefix(path, "/api/"):
		return false
	case strings.HasSuffix(path, "/exportItems") || strings.HasSuffix(path, "/createImportSession"):
		return false
	case strings.HasSuffix(path, "/$batch"):
		return batched.Match(body)
	}
	return true
}
