package signin

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// ErrConfig says that the settings for signing in cannot be used. Nothing was sent.
var ErrConfig = errors.New("sign-in settings")

// ErrCredentials says that the sign-in service does not, or no longer, take
// these credentials.
var ErrCredentials = errors.New("the credentials are refused")

// Credentials are an app registration's, as azidentity's environment names
// them. A certificate goes before a client secret.
type Credentials struct {
	TenantID            string // AZURE_TENANT_ID
	ClientID            string // AZURE_CLIENT_ID
	CertificatePath     string // AZURE_CLIENT_CERTIFICATE_PATH, PEM or PKCS #12
	CertificatePassword Secret // AZURE_CLIENT_CERTIFICATE_PASSWORD
	ClientSecret        Secret // AZURE_CLIENT_SECRET
}

// CredentialsFrom reads the usual variables through get, as os.Getenv. It
// returns ErrConfig naming those that are missing.
func CredentialsFrom(get func(string) string) (Credentials, error) {
	c := Credentials{
		TenantID:            get("AZURE_TENANT_ID"),
		ClientID:            get("AZURE_CLIENT_ID"),
		CertificatePath:     get("AZURE_CLIENT_CERTIFICATE_PATH"),
		CertificatePassword: Secret(get("AZURE_CLIENT_CERTIFICATE_PASSWORD")),
		ClientSecret:        Secret(get("AZURE_CLIENT_SECRET")),
	}
	return c, c.complete()
}

// CredentialVariables are the names that CredentialsFrom asks for.
func CredentialVariables() []string {
	var names []string
	_, _ = CredentialsFrom(func(name string) string {
		names = append(names, name)
		return ""
	})
	return names
}

func (c Credentials) complete() error {
	var missing []string
	if c.TenantID == "" {
		missing = append(missing, "AZURE_TENANT_ID")
	}
	if c.ClientID == "" {
		missing = append(missing, "AZURE_CLIENT_ID")
	}
	if c.CertificatePath == "" && c.ClientSecret == "" {
		missing = append(missing, "AZURE_CLIENT_CERTIFICATE_PATH (or AZURE_CLIENT_SECRET)")
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: no credentials: set %s", ErrConfig, strings.Join(missing, ", "))
	}
	return nil
}

// certificate reads the certificate file; nil means that there is none.
func (c Credentials) certificate() (*certificate, error) {
	if c.CertificatePath == "" {
		return nil, nil
	}
	data, err := os.ReadFile(c.CertificatePath)
	if err != nil {
		return nil, fmt.Errorf("%w: the certificate cannot be read: %w", ErrConfig, err)
	}
	chain, key, err := azidentity.ParseCertificates(data, []byte(c.CertificatePassword))
	if err != nil {
		return nil, fmt.Errorf("%w: %s holds no certificate with its private key, or the password is wrong", ErrConfig, c.CertificatePath)
	}
	return &certificate{chain: chain, key: key}, nil
}

// Place checks the credentials, reads the certificate and says where they are used.
func (c Credentials) Place(cloud Cloud) (*Place, error) {
	cloud, err := ParseCloud(string(cloud))
	if err != nil {
		return nil, err
	}
	if err := c.complete(); err != nil {
		return nil, err
	}
	cert, err := c.certificate()
	if err != nil {
		return nil, err
	}
	authority, logins, graph := cloud.hosts()
	return &Place{
		Cloud: cloud, Root: &url.URL{Scheme: "https", Host: graph, Path: "/v1.0"},
		authority: "https://" + authority, logins: append([]string{authority}, logins...),
		tenant: c.TenantID, client: c.ClientID, secret: c.ClientSecret, cert: cert, certFile: c.CertificatePath,
	}, nil
}
