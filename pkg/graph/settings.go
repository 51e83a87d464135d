package graph

import "github.com/riva-prep/riva-prep/pkg/graph/signin"

// The names of package signin that go into a Config, so that callers need this
// package only.
type (
	Cloud       = signin.Cloud
	Credentials = signin.Credentials
	Sandbox     = signin.Sandbox
	Secret      = signin.Secret
)

// What New and the readers below return where the settings cannot be used.
var (
	ErrConfig      = signin.ErrConfig
	ErrNotLoopback = signin.ErrNotLoopback
)

// ParseCloud reads the name of a cloud; empty is Global.
func ParseCloud(name string) (Cloud, error) { return signin.ParseCloud(name) }

// CredentialsFrom reads azidentity's usual variables through get, as os.Getenv.
func CredentialsFrom(get func(string) string) (Credentials, error) {
	return signin.CredentialsFrom(get)
}

// ReadSandbox reads the ready file of a sandbox on this machine.
func ReadSandbox(path string) (*Sandbox, error) { return signin.ReadSandbox(path) }
