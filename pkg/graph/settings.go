package graph

import "github.com/riva-prep/riva-prep/pkg/graph/signin"

// Cloud, Credentials, Sandbox and Secret are package signin's, so that callers
// need this package only.
type (
	// Cloud is one of Microsoft's clouds.
	Cloud = signin.Cloud
	// Credentials are an app registration's.
	Credentials = signin.Credentials
	// Sandbox is what a sandbox says of itself when it is ready.
	Sandbox = signin.Sandbox
	// App is how a client signs in.
	App = signin.App
	// Granted is what signing in tells of the app.
	Granted = signin.Granted
	// Secret is a text that no way of printing shows.
	Secret = signin.Secret
)

// What New and the readers below return where the settings cannot be used.
var (
	ErrConfig      = signin.ErrConfig
	ErrNotLoopback = signin.ErrNotLoopback
	ErrCredentials = signin.ErrCredentials
)

// ParseCloud reads the name of a cloud; empty is Global.
func ParseCloud(name string) (Cloud, error) { return signin.ParseCloud(name) }

// CredentialsFrom reads azidentity's usual variables through get, as os.Getenv.
func CredentialsFrom(get func(string) string) (Credentials, error) {
	return signin.CredentialsFrom(get)
}

// Clouds returns all clouds.
func Clouds() []Cloud { return signin.Clouds() }

// CredentialVariables are the names that CredentialsFrom asks for.
func CredentialVariables() []string { return signin.CredentialVariables() }

// ReadSandbox reads the ready file of a sandbox on this machine.
func ReadSandbox(path string) (*Sandbox, error) { return signin.ReadSandbox(path) }
