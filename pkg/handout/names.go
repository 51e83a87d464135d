package handout

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// longest keeps three parts of a name and the folder they go to within the 260
// characters that Windows allows.
const longest = 60

// root is the folder of a mailbox: its address, and a part of its id where the
// address is not a name as it stands.
func root(a mailbox.Account) string {
	name := short(a.Name())
	if name == strings.TrimSpace(a.Name()) {
		return name
	}
	sum := sha256.Sum256([]byte(a.ID))
	return name + "-" + hex.EncodeToString(sum[:4])
}

// short gives a text as a name of bounded length.
func short(s string) string {
	if s = strings.ToValidUTF8(s, "_"); len(s) > longest {
		end := longest
		for !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	return safetext.FileName(s)
}

// names are those that were given, so that none comes twice: not in another
// case either, nor with its accents spelled otherwise.
type names map[string]bool

// unique joins parts to a name; the last but the first come from outside.
func (n names) unique(ext string, parts ...string) string {
	for i, p := range parts[1:] {
		parts[i+1] = short(p)
	}
	stem := path.Join(parts...)
	for i := 1; ; i++ {
		name := stem + ext
		if i > 1 {
			name = fmt.Sprintf("%s (%d)%s", stem, i, ext)
		}
		key := strings.ToLower(norm.NFC.String(name))
		if !n[key] {
			n[key] = true
			return name
		}
	}
}
