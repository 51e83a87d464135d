package entra

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Why a bearer token is refused; the texts are Graph's own.
//
//nolint:revive,staticcheck // hence the capitals and the full stops
var (
	errMalformed = errors.New("CompactToken parsing failed with error code: 80049217")
	errSignature = errors.New("CompactToken validation failed with reason code: 80049228")
	errExpired   = errors.New("Lifetime validation failed, the token is expired.")
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

var encoding = base64.RawURLEncoding

// sign makes a JWT over the claims with the directory's own key.
func (d *Directory) sign(claims map[string]any) string {
	// Maps of strings, numbers and lists always have a JSON form.
	payload, _ := json.Marshal(claims)
	text := encoding.EncodeToString([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + encoding.EncodeToString(payload)
	return text + "." + encoding.EncodeToString(d.mac(text))
}

func (d *Directory) mac(text string) []byte {
	m := hmac.New(sha256.New, d.Key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// Authenticate checks an access token and gives the application's id. The error
// is the message of Graph's InvalidAuthenticationToken.
func (d *Directory) Authenticate(token string) (app string, err error) {
	app, _, err = d.Grant(token)
	return app, err
}

// Grant is Authenticate with the roles that are in the token.
func (d *Directory) Grant(token string) (app string, roles []string, err error) {
	c, err := d.claims(token)
	if err != nil {
		return "", nil, err
	}
	if d.Now().Unix() >= c.Expires {
		return "", nil, errExpired
	}
	return c.App, c.Roles, nil
}

// claims are those of an access token.
type claims struct {
	App     string   `json:"appid"`
	Tenant  string   `json:"tid"`
	Expires int64    `json:"exp"`
	Roles   []string `json:"roles"`
}

// claims reads a token that this directory signed.
func (d *Directory) claims(token string) (*claims, error) {
	known, _ := d.known.Load(token)
	if c, ok := known.(*claims); ok {
		return c, nil
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errMalformed
	}
	signature, err := encoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(signature, d.mac(parts[0]+"."+parts[1])) {
		return nil, errSignature
	}
	c := new(claims)
	if err := decode(parts[1], c); err != nil || c.Tenant != d.TenantID {
		return nil, errMalformed
	}
	d.known.Store(token, c)
	return c, nil
}

func decode(part string, into any) error {
	data, err := encoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// checkAssertion says what is wrong with a client assertion, nil if nothing is.
func (d *Directory) checkAssertion(form url.Values, base string) *problem {
	bad := func(number int, format string, args ...any) *problem {
		return &problem{401, "invalid_client", number, fmt.Sprintf(format, args...)}
	}
	if form.Get("client_assertion_type") != assertionType {
		return bad(50027, "The client_assertion_type is not supported.")
	}
	parts := strings.Split(form.Get("client_assertion"), ".")
	var header struct {
		Algorithm string `json:"alg"`
	}
	var claims struct {
		Audience string  `json:"aud"`
		Issuer   string  `json:"iss"`
		Subject  string  `json:"sub"`
		Expires  float64 `json:"exp"`
		Begins   float64 `json:"nbf"`
	}
	if len(parts) != 3 || decode(parts[0], &header) != nil || decode(parts[1], &claims) != nil {
		return bad(50027, "JWT token is invalid or malformed.")
	}
	if err := d.verify(header.Algorithm, parts); err != nil {
		return bad(700027, "The certificate with identifier used to sign the client assertion is not registered on application. %v", err)
	}
	now := float64(d.Now().Unix())
	endpoint := base + "/" + d.TenantID + "/oauth2/v2.0/token"
	switch {
	case !strings.EqualFold(claims.Audience, endpoint):
		return bad(700023, "Client assertion audience claim does not match Realm issuer.")
	case claims.Issuer != d.ClientID || claims.Subject != d.ClientID:
		return bad(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
	case now >= claims.Expires || now+300 < claims.Begins:
		return bad(700024, "Client assertion is not within its valid time range.")
	}
	return nil
}

func (d *Directory) verify(algorithm string, parts []string) error {
	if d.Certificate == nil {
		return errors.New("no certificate is registered")
	}
	key, ok := d.Certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return errors.New("the registered certificate has no RSA key")
	}
	signature, err := encoding.DecodeString(parts[2])
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	switch algorithm {
	case "RS256":
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	case "PS256":
		return rsa.VerifyPSS(key, crypto.SHA256, sum[:], signature, nil)
	}
	return fmt.Errorf("the algorithm %q is not supported", algorithm)
}
