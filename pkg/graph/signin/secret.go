package signin

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted stands wherever a Secret is printed.
const redacted = "[redacted]"

// Secret is a text that no way of printing shows. string(s) gives it away.
type Secret string

// String hides the secret.
func (Secret) String() string { return redacted }

// Format hides the secret from every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText hides the secret from JSON and the like.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue hides the secret from log/slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
