package entra_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/entra"
)

const (
	tenantID = "7c1f6a52-90c4-4f0e-8f6b-52d2f5f0a3de"
	clientID = "5a9d0b6e-3c0f-4b57-9d5e-2f1f6c1b7a10"
	host     = "login.example"
	endpoint = "https://" + host + "/" + tenantID + "/oauth2/v2.0/token"
)

var noon = time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)

func directory() *entra.Directory {
	return &entra.Directory{
		TenantID: tenantID, ClientID: clientID, ClientSecret: "secret", Roles: []string{"Contacts.ReadWrite"},
		Now: func() time.Time { return noon }, Key: []byte("key"),
	}
}

// ask sends a request and decodes the answer.
func ask(t *testing.T, d *entra.Directory, method, path string, form url.Values) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, "https://"+host+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatalf("%s: %v: %s", path, err, body)
	}
	return w.Code, out
}

func credentials(change url.Values) url.Values {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {"secret"},
		"scope": {"https://graph.microsoft.com/.default"},
	}
	for name, values := range change {
		form[name] = values
	}
	return form
}

func token(t *testing.T, d *entra.Directory) string {
	t.Helper()
	status, body := ask(t, d, "POST", "/"+tenantID+"/oauth2/v2.0/token", credentials(nil))
	text, _ := body["access_token"].(string)
	if status != http.StatusOK || text == "" || body["token_type"] != "Bearer" || body["expires_in"] != 3599.0 {
		t.Fatalf("%d %v", status, body)
	}
	return text
}

func TestTokens(t *testing.T) {
	d := directory()
	good := token(t, d)
	if app, err := d.Authenticate(good); err != nil || app != clientID {
		t.Errorf("%s, %v", app, err)
	}
	part := strings.Split(good, ".")
	payload, err := base64.RawURLEncoding.DecodeString(part[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	if claims["tid"] != tenantID || claims["idtyp"] != "app" || claims["roles"].([]any)[0] != "Contacts.ReadWrite" {
		t.Errorf("claims are %v", claims)
	}
	stranger := directory()
	stranger.Key = []byte("another")
	elsewhere := directory()
	elsewhere.TenantID = "another"
	for what, bad := range map[string]string{
		"nothing": "", "no token": "x", "two parts": part[0] + "." + part[1], "four": good + ".x", "another payload": part[0] + ".e30." + part[2],
		"another's key": token(t, stranger), "no signature": part[0] + "." + part[1] + ".", "no base64": part[0] + "." + part[1] + ".%",
	} {
		if app, err := d.Authenticate(bad); err == nil {
			t.Errorf("%s is taken for a token of %s", what, app)
		}
	}
	if _, err := elsewhere.Authenticate(good); err == nil {
		t.Error("another tenant takes the token")
	}
}

func TestATokenLastsAsLongAsItSays(t *testing.T) {
	d := directory()
	good, now := token(t, d), noon
	d.Now = func() time.Time { return now }
	now = noon.Add(entra.Lifetime - time.Second)
	if _, err := d.Authenticate(good); err != nil {
		t.Errorf("before its end: %v", err)
	}
	now = noon.Add(entra.Lifetime)
	if _, err := d.Authenticate(good); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("at its end: %v", err)
	}
}

func TestScopes(t *testing.T) {
	for scope, want := range map[string]int{
		"https://graph.microsoft.com/.default": 200, "https://127.0.0.1:4711/.default": 200, "https://[::1]:4711/.default": 200,
		"https://graph.microsoft.com/.default openid": 200, "https://microsoftgraph.chinacloudapi.cn/.default": 200,
		"": 400, "openid": 400, "https://evil.example/.default": 400, "http://graph.microsoft.com/.default": 400,
		"https://graph.microsoft.com/x/.default": 400, "https://graph.microsoft.com/User.Read": 400,
		"https://graph.microsoft.com/.default https://graph.microsoft.us/.default": 400,
	} {
		status, body := ask(t, directory(), "POST", "/"+tenantID+"/oauth2/v2.0/token", credentials(url.Values{"scope": {scope}}))
		if status != want {
			t.Errorf("%q: %d %v", scope, status, body)
		}
	}
}

func TestDiscovery(t *testing.T) {
	d := directory()
	status, body := ask(t, d, "GET", "/common/discovery/instance", nil)
	where, _ := body["tenant_discovery_endpoint"].(string)
	if status != 200 || where != "https://"+host+"/"+tenantID+"/v2.0/.well-known/openid-configuration" {
		t.Fatalf("%d %v", status, body)
	}
	if status, body = ask(t, d, "GET", strings.TrimPrefix(where, "https://"+host), nil); status != 200 || body["token_endpoint"] != endpoint {
		t.Errorf("%d %v", status, body)
	}
	for path, want := range map[string]int{
		"/" + tenantID + "/discovery/v2.0/keys": 200, "/" + tenantID + "/oauth2/v2.0/token": 404, "/" + tenantID + "/nonsense": 404,
		"/another/v2.0/.well-known/openid-configuration": 400, "/": 404,
	} {
		if status, body := ask(t, d, "GET", path, nil); status != want {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
}

// assertion is a client assertion over claims, signed with RS256.
func assertion(t *testing.T, key *rsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	text := b64([]byte(`{"alg":"RS256"}`)) + "." + b64(payload)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + b64(signature)
}

func TestAssertions(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{"aud": endpoint, "iss": clientID, "sub": clientID, "nbf": noon.Unix(), "exp": noon.Add(time.Minute).Unix()}
	signed := assertion(t, key, claims)
	const bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	for _, c := range []struct {
		name        string
		certificate *x509.Certificate
		kind, text  string
		number      float64 // 0: signed in
	}{
		{"its own", certificate, bearer, signed, 0},
		{"no certificate", nil, bearer, signed, 700027},
		{"another type", certificate, "saml", signed, 50027},
		{"two parts", certificate, bearer, "a.b", 50027},
		{"no JSON", certificate, bearer, "YQ.YQ.YQ", 50027},
		{"a changed signature", certificate, bearer, signed[:len(signed)-8] + "AAAAAAAA", 700027},
	} {
		d := directory()
		d.Certificate = c.certificate
		status, body := ask(t, d, "POST", "/"+tenantID+"/oauth2/v2.0/token",
			credentials(url.Values{"client_secret": nil, "client_assertion": {c.text}, "client_assertion_type": {c.kind}}))
		if c.number == 0 && status == 200 {
			continue
		}
		codes, _ := body["error_codes"].([]any)
		if status != 401 || len(codes) != 1 || codes[0] != c.number {
			t.Errorf("%s: %d %v", c.name, status, body)
		}
	}
}
