package sandbox_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/demo"
)

// clock stands still between the past and the future of the small tenant.
func clock() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

func (w *world) tokenRequest(path string, change url.Values) reply {
	w.t.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {w.box.ClientID()},
		"client_secret": {w.box.ClientSecret()}, "scope": {host + "/.default"},
	}
	form.Set("scope", "https://127.0.0.1:1/.default")
	for name, values := range change {
		form[name] = values
	}
	res, err := w.http.PostForm(host+path, form)
	if err != nil {
		w.t.Fatal(err)
	}
	return read(w.t, res)
}

func TestSignInErrors(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	at := "/" + w.box.TenantID() + "/oauth2/v2.0/token"
	w.tokenRequest(at, nil).want(t, 200)
	for _, c := range []struct {
		path   string
		change url.Values
		status int
		code   string
	}{
		{at, url.Values{"client_secret": {"wrong"}}, 401, "AADSTS7000215: Invalid client secret provided."},
		{at, url.Values{"client_id": {"wrong"}}, 400, "AADSTS700016:"},
		{at, url.Values{"scope": {"https://vault.azure.net/.default"}}, 400, "AADSTS70011:"},
		{at, url.Values{"scope": {"https://graph.microsoft.com/User.Read"}}, 400, "AADSTS70011:"},
		{at, url.Values{"grant_type": {"password"}}, 400, "AADSTS70003:"},
		{at, url.Values{"client_secret": {""}}, 401, "AADSTS7000218:"},
		{"/wrong/oauth2/v2.0/token", nil, 400, "AADSTS90002:"},
	} {
		a := w.tokenRequest(c.path, c.change).want(t, c.status)
		if !strings.HasPrefix(a.text("error_description"), c.code) {
			t.Errorf("%s: %s", c.code, a.raw)
		}
	}
	a := w.get(host+"/wrong/v2.0/.well-known/openid-configuration").want(t, 400)
	if a.text("error") != "invalid_tenant" {
		t.Errorf("an unknown tenant: %s", a.raw)
	}
	config := w.get(host+"/"+w.box.TenantID()+"/v2.0/.well-known/openid-configuration").want(t, 200)
	if config.text("token_endpoint") != host+at {
		t.Errorf("configuration: %s", config.raw)
	}
	w.get(host+"/common/discovery/instance?api-version=1.1").want(t, 200)
}

func TestTokensAreNeededAndExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, small(), sandbox.Options{})
		w.get(annUser+"/contacts").want(t, 200)
		good := w.token
		for _, bad := range []string{"", "x", good + "x", strings.Replace(good, ".", ".e30", 1)} {
			w.token = bad
			w.get(annUser+"/contacts").want(t, 401, "InvalidAuthenticationToken")
		}
		w.token = good
		time.Sleep(2 * time.Hour)
		w.get(annUser+"/contacts").want(t, 401, "InvalidAuthenticationToken")
		w.token = w.signIn()
		w.get(annUser+"/contacts").want(t, 200)
	})
}

// assertion is a client assertion signed with the key.
func assertion(t *testing.T, key *rsa.PrivateKey, algorithm string, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	text := b64([]byte(`{"alg":"`+algorithm+`","typ":"JWT"}`)) + "." + b64(payload)
	sum := sha256.Sum256([]byte(text))
	var signature []byte
	if algorithm == "PS256" {
		signature, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], nil)
	} else {
		signature, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	}
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + b64(signature)
}

func TestSignInWithACertificate(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, small(), sandbox.Options{Certificate: certificate, Now: clock})
	at := "/" + w.box.TenantID() + "/oauth2/v2.0/token"
	for _, c := range []struct {
		name, algorithm string
		key             *rsa.PrivateKey
		change          map[string]any
		status          int
	}{
		{"RS256", "RS256", key, nil, 200},
		{"PS256", "PS256", key, nil, 200},
		{"another key", "RS256", stranger, nil, 401},
		{"another algorithm", "none", key, nil, 401},
		{"another audience", "PS256", key, map[string]any{"aud": "https://elsewhere.example"}, 401},
		{"another client", "PS256", key, map[string]any{"iss": "x", "sub": "x"}, 401},
		{"expired", "PS256", key, map[string]any{"exp": clock().Add(-time.Minute).Unix()}, 401},
		{"not yet", "PS256", key, map[string]any{"nbf": clock().Add(time.Hour).Unix()}, 401},
	} {
		claims := map[string]any{
			"aud": host + at, "iss": w.box.ClientID(), "sub": w.box.ClientID(),
			"exp": clock().Add(time.Minute).Unix(), "nbf": clock().Unix(), "jti": "1",
		}
		for name, value := range c.change {
			claims[name] = value
		}
		a := w.tokenRequest(at, url.Values{
			"client_secret": nil, "client_assertion": {assertion(t, c.key, c.algorithm, claims)},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		})
		if a.status != c.status {
			t.Errorf("%s: %d %s", c.name, a.status, a.raw)
		}
	}
}

// flood sends n requests to a path at once and counts the statuses.
func (w *world) flood(n int, path string) map[int]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	out := map[int]int{}
	for range n {
		all.Go(func() {
			a, err := w.send("GET", path, "")
			if err != nil {
				w.t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			out[a.status]++
			if a.status == 429 && a.header.Get("Retry-After") != "1" {
				w.t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
			}
		})
	}
	all.Wait()
	return out
}

func TestFourInServiceAtAMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, limits := range []bool{true, false} {
			w := newWorld(t, small(), sandbox.Options{Limits: limits, Latency: 80 * time.Millisecond})
			begin := time.Now()
			got := w.flood(7, annUser+"/contacts")
			if took := time.Since(begin); took != 80*time.Millisecond {
				t.Errorf("took %s", took)
			}
			counts := w.box.Counts()
			if limits && (got[200] != 4 || got[429] != 3 || counts.Refused != 3 || counts.MaxInService != 4) {
				t.Errorf("with limits: %v, %+v", got, counts)
			}
			if !limits && (got[200] != 7 || counts.Refused != 0 || counts.MaxInService != 7) {
				t.Errorf("without limits: %v, %+v", got, counts)
			}
			if counts.Total != 7 || counts.Writes != 0 || counts.ByStatus["200"] != got[200] {
				t.Errorf("counts: %+v", counts)
			}
			if other := w.flood(4, "/users/"+bob+"/contacts"); other[200] != 4 {
				t.Errorf("another mailbox: %v", other)
			}
		}
	})
}

func TestTenThousandRequestsInTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, small(), sandbox.Options{Limits: true})
		path := annUser + "/mailboxSettings/userPurpose"
		for range 10_000 {
			w.get(path)
		}
		a := w.get(path).want(t, 429, "ApplicationThrottled")
		if a.header.Get("Retry-After") != "600" {
			t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
		}
		w.get("/users/"+bob+"/mailboxSettings").want(t, 200)
		time.Sleep(10 * time.Minute)
		w.get(path).want(t, 200)
	})
}

func batch(items ...string) string { return `{"requests":[` + strings.Join(items, ",") + `]}` }

func TestBatch(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Seed: 3})
	var items []string
	for n := range 20 {
		items = append(items, fmt.Sprintf(`{"id":"%d","method":"GET","url":"%s/contacts/AAcontact%d"}`, n, annUser, n%4+1))
	}
	a := w.do("POST", "/$batch", batch(items...)).want(t, 200)
	responses := a.json["responses"].([]any)
	order := ""
	for _, r := range responses {
		one := r.(map[string]any)
		order += one["id"].(string) + " "
		if one["status"] != 200.0 || one["body"].(map[string]any)["id"] == nil || one["headers"].(map[string]any)["Content-Type"] == nil {
			t.Errorf("a response is %v", one)
		}
	}
	if len(responses) != 20 || strings.HasPrefix(order, "0 1 2 3 4 5 6") {
		t.Errorf("the order is %s", order)
	}
	if c := w.box.Counts(); c.Total != 20 || c.Writes != 0 {
		t.Errorf("counts: %+v", c)
	}
	w.do("POST", "/$batch", batch(append(items, `{"id":"20","method":"GET","url":"/users"}`)...)).want(t, 400)
	w.do("POST", "/$batch", batch(`{"id":"a","method":"GET","url":"/users"}`, `{"id":"A","method":"GET","url":"/users"}`)).want(t, 400)
	w.do("POST", "/$batch", `{"requests":[]}`).want(t, 400)
}

func TestBatchItemsThatDepend(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	a := w.do("POST", "/$batch", batch(
		`{"id":"1","method":"DELETE","url":"`+annUser[1:]+`/contacts/AAnone"}`,
		`{"id":"2","method":"DELETE","url":"`+annUser+`/contacts/AAcontact1","dependsOn":["1"]}`,
		`{"id":"3","method":"PATCH","url":"`+annUser+`/contacts/AAcontact2","headers":{"content-type":"application/json"},"body":{"categories":[]}}`,
		`{"id":"4","method":"PATCH","url":"`+annUser+`/contacts/AAcontact2","body":{"categories":[]}}`)).want(t, 200)
	want := map[string]float64{"1": 404, "2": 424, "3": 200, "4": 400}
	for _, r := range a.json["responses"].([]any) {
		one := r.(map[string]any)
		if one["status"] != want[one["id"].(string)] {
			t.Errorf("a response is %v", one)
		}
		delete(want, one["id"].(string))
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	if _, deleted := w.stored("AAcontact1"); deleted {
		t.Error("an item was served whose parent failed")
	}
}

func TestTwoBatchesOnOneMailboxAreTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, small(), sandbox.Options{Limits: true, Latency: time.Second})
		var items []string
		for n := range 8 {
			items = append(items, fmt.Sprintf(`{"id":"%d","method":"GET","url":"%s/contacts"}`, n, annUser))
		}
		begin := time.Now()
		w.do("POST", "/$batch", batch(items...)).want(t, 200)
		if c := w.box.Counts(); c.Refused != 0 || c.MaxInService != 4 || time.Since(begin) != 2*time.Second {
			t.Errorf("one batch: %+v in %s", c, time.Since(begin))
		}
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() { w.sent(200, "POST", "/$batch", batch(items...)) })
		}
		all.Wait()
		if c := w.box.Counts(); c.Refused == 0 || c.ByStatus["429"] != c.Refused {
			t.Errorf("two batches: %+v", c)
		}
	})
}

func TestGzipBodies(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(`{"categories":["Personal"]}`)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	a := w.do("PATCH", annUser+"/contacts/AAcontact1", zipped.String(), "Content-Encoding: gzip").want(t, 200)
	if fmt.Sprint(a.json["categories"]) != "[Personal]" {
		t.Errorf("the contact is %s", a.raw)
	}
	w.do("PATCH", annUser+"/contacts/AAcontact1", "{}", "Content-Encoding: br").want(t, 415)
}

func TestListensOnLoopbackOverTLS(t *testing.T) {
	s := sandbox.New(demo.Tenant(), sandbox.Options{})
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:443", "nonsense"} {
		if server, err := s.Listen(addr); err == nil {
			t.Errorf("listens on %s: %v", addr, server.Close())
		}
	}
	server, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ready := server.Ready()
	authority, err := os.ReadFile(ready.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(ready.CAFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the certificate's file: %v, %v", info.Mode(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(authority)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}, ForceAttemptHTTP2: true}}
	w := &world{t: t, box: s, http: client}
	res, err := client.PostForm(ready.Authority+"/"+ready.TenantID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"},
		"client_id":  {ready.ClientID}, "client_secret": {ready.ClientSecret}, "scope": {ready.Graph + "/.default"},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.token = read(t, res).want(t, 200).text("access_token")
	if n := len(w.all(ready.Graph + "/v1.0/users?$top=5")); n != 13 {
		t.Errorf("%d users", n)
	}
	w.get(ready.Control+"outbox").want(t, 200)
	req, err := http.NewRequest("GET", ready.Graph+"/v1.0/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "graph.microsoft.com"
	if res, err = client.Do(req); err != nil || read(t, res).status != http.StatusMisdirectedRequest {
		t.Errorf("answers for another host: %v", err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("stopped with %v", err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(ready.CAFile); !os.IsNotExist(err) {
		t.Errorf("the certificate's file is still there: %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	w := worldOf(t, demo.Tenant(), sandbox.Options{})
	users := w.get("/users").ids()
	var all sync.WaitGroup
	for n := range 40 {
		all.Go(func() {
			at := "/users/" + users[n%10]
			list, ok := w.sent(200, "GET", at+"/contacts?$top=50", "")
			if !ok {
				return
			}
			ids := list.ids()
			// Another one may have deleted it a moment ago, so any answer will do.
			method, body := "DELETE", ""
			if n%2 == 0 {
				method, body = "PATCH", `{"categories":["Personal"]}`
			}
			if _, err := w.send(method, at+"/contacts/"+ids[n%len(ids)], body); err != nil {
				t.Error(err)
			}
			w.sent(200, "GET", at+"/calendarView?startDateTime=2026-11-01&endDateTime=2026-12-01&$top=100", "")
			if n%8 == 0 {
				w.sent(200, "GET", host+"/sandbox/tenant", "")
			}
		})
	}
	all.Wait()
	if c := w.box.Counts(); c.Total != 1+40*3 || c.ByStatus["500"] != 0 {
		t.Errorf("%+v", c)
	}
}
