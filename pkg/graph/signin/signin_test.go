package signin

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

const host = "https://localhost"

// secret is a canary.
const secret = "canary-secret-1b77"

func newSandbox(t *testing.T, o sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	people, err := tenant.Load(strings.NewReader(`{"tenantId":"3f1c2d4e-0000-4000-8000-000000000001","users":[{"id":"a","userPrincipalName":"a@x.example"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	o.ClientSecret = secret
	return sandbox.New(people, o)
}

func ready(box *sandbox.Sandbox) *Sandbox {
	return &Sandbox{Graph: host, Authority: host, TenantID: box.TenantID(), ClientID: box.ClientID(), ClientSecret: secret}
}

// counter counts requests and sees their hosts.
type counter struct {
	next  http.RoundTripper
	mu    sync.Mutex
	hosts []string
}

func (c *counter) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.hosts = append(c.hosts, req.URL.Host)
	c.mu.Unlock()
	return c.next.RoundTrip(req)
}

func TestSecretAndCertificate(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "app.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	box := newSandbox(t, sandbox.Options{Certificate: cert})
	bySecret, err := ready(box).Place()
	if err != nil {
		t.Fatal(err)
	}
	byCertificate := *bySecret
	if byCertificate.cert, err = (Credentials{CertificatePath: file}).certificate(); err != nil {
		t.Fatal(err)
	}
	byCertificate.secret = ""
	for name, place := range map[string]*Place{"secret": bySecret, "certificate": &byCertificate} {
		header, err := NewTokens(place, box.Transport(), time.Now).Header(t.Context())
		if err != nil || !strings.HasPrefix(header, "Bearer ey") {
			t.Errorf("sign-in by %s: %q, %v", name, header, err)
		}
	}
}

// A refusal is named by its code, with a hint, and asked for once.
func TestRefusals(t *testing.T) {
	box := newSandbox(t, sandbox.Options{})
	for code, spoil := range map[string]func(*Sandbox){
		"AADSTS7000215": func(s *Sandbox) { s.ClientSecret = "canary-wrong" },
		"AADSTS700016":  func(s *Sandbox) { s.ClientID = "00000000-0000-4000-8000-00000000dead" },
		"AADSTS90002":   func(s *Sandbox) { s.TenantID = "00000000-0000-4000-8000-00000000dead" },
	} {
		t.Run(code, func(t *testing.T) {
			settings := ready(box)
			spoil(settings)
			place, err := settings.Place()
			if err != nil {
				t.Fatal(err)
			}
			seen := &counter{next: box.Transport()}
			tokens := NewTokens(place, seen, time.Now)
			var group sync.WaitGroup
			for range 50 {
				group.Go(func() {
					header, err := tokens.Header(t.Context())
					if header != "" || !errors.Is(err, mailbox.ErrSignIn) || !strings.Contains(err.Error(), code+"; ") {
						t.Errorf("Header = %q, %v; want ErrSignIn with %s and a hint", header, err, code)
					}
					if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "Trace") {
						t.Errorf("the error shows more than it should: %v", err)
					}
				})
			}
			group.Wait()
			if len(seen.hosts) > 3 {
				t.Errorf("%d requests for 50 callers of one refused sign-in, want at most 3", len(seen.hosts))
			}
		})
	}
}

// signIns counts the requests for a token, and lets none through while it is down.
type signIns struct {
	next http.RoundTripper
	down atomic.Bool
	n    atomic.Int32
}

func (s *signIns) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/token") {
		s.n.Add(1)
	}
	time.Sleep(100 * time.Millisecond)
	if s.down.Load() {
		return nil, errors.New("no route to host")
	}
	return s.next.RoundTrip(req)
}

// Many callers over hours cause one sign-in an hour; after a failure those who
// waited do not try one after the other, and who comes later does. Some of those
// who sign in go away meanwhile, which is no failure of the others.
func TestManyCallersSignInOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newSandbox(t, sandbox.Options{Now: time.Now})
		place, err := ready(box).Place()
		if err != nil {
			t.Fatal(err)
		}
		service := &signIns{next: box.Transport()}
		tokens := NewTokens(place, service, time.Now)
		all := func(callers int) (failed int) {
			var group sync.WaitGroup
			var n atomic.Int32
			for range callers {
				group.Go(func() {
					if header, err := tokens.Header(t.Context()); header == "" || err != nil {
						n.Add(1)
					}
				})
			}
			group.Wait()
			return int(n.Load())
		}
		start := time.Now()
		for time.Since(start) < 10*time.Hour {
			if failed := all(200); failed != 0 {
				t.Fatalf("%d callers failed", failed)
			}
			time.Sleep(time.Minute)
		}
		if n := service.n.Load(); n < 10 || n > 12 {
			t.Errorf("%d sign-ins in ten hours, want about one an hour", n)
		}
		service.down.Store(true)
		time.Sleep(2 * time.Hour)
		service.n.Store(0)
		began := time.Now()
		if failed := all(500); failed != 500 || time.Since(began) > time.Minute {
			t.Errorf("%d callers failed without a network, after %s", failed, time.Since(began))
		}
		service.down.Store(false)
		if failed := all(500); failed != 0 || service.n.Load() > 4 {
			t.Errorf("%d callers failed when the network was back; %d requests in all", failed, service.n.Load())
		}

		tokens.Reject(tokens.current)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := tokens.Header(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the impatient one: %v", err)
			}
		})
		time.Sleep(10 * time.Millisecond)
		if failed := all(100); failed != 0 {
			t.Errorf("%d failed since another went away", failed)
		}
		group.Wait()
	})
}

// The credential goes to the cloud's own hosts, wherever the discovery document
// or a redirect may point.
func TestSecretStaysWithItsCloud(t *testing.T) {
	for _, cloud := range Clouds() {
		for name, lure := range map[string]func(*http.Request) *http.Response{
			"discovery": func(req *http.Request) *http.Response {
				document := strings.ReplaceAll(`{"token_endpoint":"E/token","authorization_endpoint":"E/authorize","issuer":"E/v2.0"}`, "E", "https://evil.example/t")
				return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(document)), Request: req}
			},
			"redirect": func(req *http.Request) *http.Response {
				return &http.Response{StatusCode: 307, Header: http.Header{"Location": {"https://evil.example/"}}, Body: http.NoBody, Request: req}
			},
		} {
			place, err := Credentials{TenantID: "contoso.example", ClientID: "app", ClientSecret: secret}.Place(cloud)
			if err != nil {
				t.Fatal(err)
			}
			seen := &counter{next: roundTrip(lure)}
			_, err = NewTokens(place, seen, time.Now).Header(t.Context())
			if !errors.Is(err, mailbox.ErrSignIn) || strings.Contains(err.Error(), secret) {
				t.Errorf("%s, %s: %v, want ErrSignIn", cloud, name, err)
			}
			authority, _, _ := cloud.hosts()
			for _, to := range seen.hosts {
				if to != authority {
					t.Errorf("%s, %s: a request went to %s", cloud, name, to)
				}
			}
			if len(seen.hosts) == 0 {
				t.Errorf("%s, %s: nothing was asked", cloud, name)
			}
		}
	}
}

type roundTrip func(*http.Request) *http.Response

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req), nil }

func TestSandboxIsOnThisMachine(t *testing.T) {
	box := newSandbox(t, sandbox.Options{})
	for _, address := range []string{
		"https://graph.microsoft.com", "https://127.0.0.1.evil.example", "https://localhost.evil.example", "https://10.0.0.1", "https://[::2]",
		"https://0.0.0.0", "https://127.1", "https://2130706433",
	} {
		for _, spoil := range []func(*Sandbox){func(s *Sandbox) { s.Graph = address }, func(s *Sandbox) { s.Authority = address }} {
			settings := ready(box)
			spoil(settings)
			if _, err := settings.Place(); !errors.Is(err, ErrNotLoopback) {
				t.Errorf("%s: %v, want ErrNotLoopback", address, err)
			}
		}
	}
	for _, address := range []string{"http://127.0.0.1", "", "https://localhost@evil.example", "ftp://localhost", "https://x@localhost", ":"} {
		settings := ready(box)
		settings.Graph = address
		if _, err := settings.Place(); err == nil {
			t.Errorf("%q was accepted", address)
		}
	}
	for _, address := range []string{"https://127.0.0.1:8443", "https://127.9.9.9/v1.0", "https://[::1]:1", "https://localhost"} {
		settings := ready(box)
		settings.Graph, settings.Authority = address, address
		place, err := settings.Place()
		if err != nil || place.Root.Path != "/v1.0" {
			t.Errorf("%q: %v, want it accepted", address, err)
		}
	}
	if err := onlyLoopback(t.Context(), "tcp", "93.184.216.34:443", nil); !errors.Is(err, ErrNotLoopback) {
		t.Errorf("a name that resolves elsewhere: %v, want ErrNotLoopback", err)
	}
	if err := onlyLoopback(t.Context(), "tcp", "[::1]:443", nil); err != nil {
		t.Error(err)
	}
}

func TestReadyFile(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := fmt.Sprintf(`{"graph":"https://127.0.0.1:1","authority":"https://127.0.0.1:1","tenantId":"t","clientId":"c","clientSecret":%q,"caFile":"ca.pem","control":"x"}`, secret)
	settings, err := ReadSandbox(write("good", good))
	if err != nil || string(settings.ClientSecret) != secret || settings.CAFile != "ca.pem" {
		t.Fatalf("ReadSandbox = %+v, %v", settings, err)
	}
	if text, _ := json.Marshal(settings); strings.Contains(string(text), secret) {
		t.Errorf("the secret is written: %s", text)
	}
	for name, path := range map[string]string{
		"missing": filepath.Join(folder, "missing"), "no JSON": write("text", secret), "empty": write("empty", "{}"),
		"no secret": write("secretless", strings.Replace(good, secret, "", 1)),
	} {
		if _, err := ReadSandbox(path); !errors.Is(err, ErrConfig) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want ErrConfig", name, err)
		}
	}
	elsewhere := write("elsewhere", strings.Replace(good, "127.0.0.1", "graph.microsoft.com", 1))
	if _, err := ReadSandbox(elsewhere); !errors.Is(err, ErrNotLoopback) || !strings.Contains(err.Error(), "graph.microsoft.com") {
		t.Errorf("a ready file that points elsewhere: %v, want ErrNotLoopback with the host", err)
	}
	place, err := settings.Place()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := place.Transport(); !errors.Is(err, ErrConfig) {
		t.Errorf("without the certificate: %v, want ErrConfig", err)
	}
}

func TestCredentialsFrom(t *testing.T) {
	set := map[string]string{}
	_, err := CredentialsFrom(func(name string) string { return set[name] })
	for _, name := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_SECRET"} {
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want ErrConfig that names %s", err, name)
		}
	}
	set["AZURE_TENANT_ID"], set["AZURE_CLIENT_ID"], set["AZURE_CLIENT_SECRET"] = "t", "c", secret
	found, err := CredentialsFrom(func(name string) string { return set[name] })
	if err != nil || string(found.ClientSecret) != secret {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := found.Place("mars"); !errors.Is(err, ErrConfig) {
		t.Errorf("an unknown cloud: %v, want ErrConfig", err)
	}
	found.CertificatePath = filepath.Join(t.TempDir(), "none.pem")
	if _, err := found.Place(Global); !errors.Is(err, ErrConfig) {
		t.Errorf("a certificate that is not there: %v, want ErrConfig, not the secret instead", err)
	}
}

func TestForeignTroubleIsNotRetried(t *testing.T) {
	var login login
	login.place = &Place{logins: []string{"login.example"}}
	req, err := http.NewRequestWithContext(t.Context(), "GET", "https://evil.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = login.Do(req) //nolint:bodyclose // there is no answer
	if !errors.Is(err, wire.ErrForeignHost) {
		t.Errorf("%v, want ErrForeignHost", err)
	}
	if _, ok := errors.AsType[interface {
		error
		NonRetriable()
	}](err); !ok {
		t.Error("azidentity would try again")
	}
}
