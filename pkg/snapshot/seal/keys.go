package seal

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// ErrNotKeys says that a text which should have held keys does not.
var ErrNotKeys = errors.New("not age keys")

// ParseRecipients reads public keys. Each text is one key ("age1…") or the
// contents of a recipients file: one key a line, with empty lines and lines
// that begin with "#". A key that is given twice counts once.
func ParseRecipients(texts ...string) ([]Recipient, error) {
	var list []Recipient
	known := map[string]bool{}
	for _, text := range texts {
		keys, err := age.ParseRecipients(strings.NewReader(tidy(text)))
		if err != nil {
			// Not the text itself: it may be a private key, given by mistake.
			return nil, fmt.Errorf("%w: a recipient is a public key, which begins with age1: %w", ErrNotKeys, err)
		}
		for _, key := range keys {
			named, ok := key.(Recipient)
			if !ok {
				return nil, fmt.Errorf("%w: a recipient of type %T has no public key to name it by", ErrNotKeys, key)
			}
			if !known[named.String()] {
				list = append(list, named)
			}
			known[named.String()] = true
		}
	}
	if err := together(list); err != nil {
		return nil, err
	}
	return list, nil
}

// together tries the keys, since not all kinds of them may be mixed.
func together(list []Recipient) error {
	if len(list) == 0 {
		return nil
	}
	if _, err := (Codec{Encrypted: true, Recipients: list}).Wrap(io.Discard); err != nil {
		return fmt.Errorf("%w: these recipients cannot be used together: %w", ErrNotKeys, err)
	}
	return nil
}

// ParseIdentities reads the contents of a file of private keys, as age-keygen
// writes it.
func ParseIdentities(contents string) ([]Identity, error) {
	list, err := age.ParseIdentities(strings.NewReader(tidy(contents)))
	if err != nil {
		return nil, fmt.Errorf("%w: an identity is a private key, which begins with AGE-SECRET-KEY-1: %w", ErrNotKeys, err)
	}
	return list, nil
}

// tidy takes away what Windows editors add: a byte order mark, blanks at the
// ends of lines.
func tidy(text string) string {
	lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
	for n := range lines {
		lines[n] = strings.TrimSpace(lines[n])
	}
	return strings.Join(lines, "\n")
}
