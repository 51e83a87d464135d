package tenant

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// newID makes an identifier in the shape of Exchange's default ids. It is new
// for every sequence number and the same in every run.
func newID(mailbox, purpose string, seq uint64) string {
	sum := digest(mailbox, purpose, seq)
	return "AAMkAD" + base64.URLEncoding.EncodeToString(append(sum[:], sum[:22]...)) + "AAA="
}

// immutableID makes the id that survives moves, from where the item began.
func immutableID(mailbox string, kind Kind, firstID string) string {
	sum := digest(mailbox, string(kind)+firstID, 0)
	return "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A" + base64.URLEncoding.EncodeToString(sum[:24]) + "AAA="
}

// changeKey makes the next version of an item. Contacts have the longer form.
func changeKey(mailbox string, kind Kind, seq uint64) string {
	sum := digest(mailbox, "changeKey", 0)
	key := append([]byte{}, sum[:18]...)
	if kind == Contacts {
		key = append([]byte{0x11, 0, 0, 0, 0x16, 0, 0, 0}, key[:16]...)
	}
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(key, uint32(seq)))
}

func etagOf(changeKey string) string { return `W/"` + changeKey + `"` }

func newGUID(mailbox, purpose string, seq uint64) string {
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

// occurrenceMark stands between the master's id and the date in the synthetic
// id of an occurrence.
const occurrenceMark = "FRAAgI"

// occurrenceID is the id of the series' occurrence on the date.
func occurrenceID(masterID string, day time.Time) string {
	stem := strings.TrimRight(masterID, "=")
	return stem + occurrenceMark + base64.RawURLEncoding.EncodeToString([]byte(day.Format("20060102"))) + "AA="
}

// splitOccurrenceID undoes occurrenceID; the stem is the master's id without
// its padding.
func splitOccurrenceID(id string) (stem string, day time.Time, ok bool) {
	at := strings.LastIndex(id, occurrenceMark)
	if at < 0 {
		return "", day, false
	}
	date, err := base64.RawURLEncoding.DecodeString(strings.TrimSuffix(id[at+len(occurrenceMark):], "AA="))
	if err != nil {
		return "", day, false
	}
	day, err = time.Parse("20060102", string(date))
	return id[:at], day, err == nil
}

// cancelledID is the form in which cancelledOccurrences names a date.
func cancelledID(masterID string, day time.Time) string {
	return "OID." + masterID + "." + day.Format(time.DateOnly)
}
