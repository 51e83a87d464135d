// Package ids makes identifiers and versions in Exchange's shapes.
//
// It promises that they follow from their arguments alone, so that a sandbox
// gives the same ones in every run, and that different sequence numbers give
// different ones. They mean nothing; nothing is hidden in them.
package ids

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// New makes an identifier in the shape of Exchange's default ids. It is new
// for every sequence number and the same in every run.
func New(mailbox, purpose string, seq uint64) string {
	sum := digest(mailbox, purpose, seq)
	return "AAMkAD" + base64.URLEncoding.EncodeToString(append(sum[:], sum[:22]...)) + "AAA="
}

// Immutable makes the id that survives moves, from where the item began.
func Immutable(mailbox, kind, firstID string) string {
	sum := digest(mailbox, kind+firstID, 0)
	return "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A" + base64.URLEncoding.EncodeToString(sum[:24]) + "AAA="
}

// ChangeKey makes a version of an item; long is the form that contacts have.
func ChangeKey(mailbox string, long bool, seq uint64) string {
	sum := digest(mailbox, "changeKey", 0)
	key := append([]byte{}, sum[:18]...)
	if long {
		key = append([]byte{0x11, 0, 0, 0, 0x16, 0, 0, 0}, key[:16]...)
	}
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(key, uint32(seq)))
}

// Etag is the @odata.etag of a version.
func Etag(changeKey string) string { return `W/"` + changeKey + `"` }

// GUID makes an identifier in the form of a GUID.
func GUID(mailbox, purpose string, seq uint64) string {
	sum := digest(mailbox, purpose, seq)
	const digits = "0123456789abcdef"
	var out strings.Builder
	for i, b := range sum[:16] {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out.WriteByte('-')
		}
		out.WriteByte(digits[b>>4])
		out.WriteByte(digits[b&15])
	}
	return out.String()
}

func digest(mailbox, purpose string, seq uint64) [sha256.Size]byte {
	text := append([]byte(mailbox), 0)
	text = append(append(text, purpose...), 0)
	return sha256.Sum256(binary.BigEndian.AppendUint64(text, seq))
}
