package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
)

// ErrNotLoopback says that a sandbox was named that is not on this machine.
var ErrNotLoopback = errors.New("a sandbox runs on this machine only")

// Sandbox is what a sandbox says of itself when it is ready.
type Sandbox struct {
	Graph        string `json:"graph"`
	Authority    string `json:"authority"`
	TenantID     string `json:"tenantId"`
	ClientID     string `json:"clientId"`
	ClientSecret Secret `json:"clientSecret"`
	// CAFile holds the certificate that its TLS certificate is checked by.
	CAFile  string `json:"caFile"`
	Control string `json:"control"`
}

// ReadSandbox reads a ready file. It returns ErrNotLoopback where the file
// points away from this machine.
func ReadSandbox(path string) (*Sandbox, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: the sandbox's ready file cannot be read: %w", ErrConfig, err)
	}
	var ready Sandbox
	if err := json.Unmarshal(data, &ready); err != nil {
		return nil, fmt.Errorf("%w: the ready file %s is not what a sandbox writes", ErrConfig, path)
	}
	if _, err := ready.Place(); err != nil {
		return nil, fmt.Errorf("the sandbox's ready file %s: %w", path, err)
	}
	return &ready, nil
}

// Place checks that the sandbox is on this machine and says where it is.
func (s *Sandbox) Place() (*Place, error) {
	root, err := loopback("graph", s.Graph)
	if err != nil {
		return nil, err
	}
	authority, err := loopback("authority", s.Authority)
	if err != nil {
		return nil, err
	}
	if s.TenantID == "" || s.ClientID == "" || s.ClientSecret == "" {
		return nil, fmt.Errorf("%w: tenantId, clientId or clientSecret is missing", ErrConfig)
	}
	if strings.Trim(root.Path, "/") == "" {
		root.Path = "/v1.0"
	}
	return &Place{
		Cloud: Global, Root: root, authority: s.Authority, logins: []string{authority.Host},
		tenant: s.TenantID, client: s.ClientID, secret: s.ClientSecret, sandbox: true, caFile: s.CAFile,
	}, nil
}

// loopback takes an address only if it is one of this machine's own.
func loopback(name, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%w: %s is not an https address", ErrConfig, name)
	}
	host := u.Hostname()
	if ours(host) {
		return u, nil
	}
	return nil, fmt.Errorf("%w: %s points to %q, which is not 127.0.0.0/8, ::1 or localhost", ErrNotLoopback, name, host)
}

// ours says whether the host is this machine.
func ours(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || host == "localhost"
}

// onlyLoopback refuses what a name such as localhost was resolved to.
func onlyLoopback(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().IsLoopback() {
		return fmt.Errorf("%w: it resolved to %s", ErrNotLoopback, address)
	}
	return nil
}
