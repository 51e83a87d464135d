package snapshot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// pieces notes the longest that it was written at once.
type pieces struct {
	bytes.Buffer
	longest int
}

func (p *pieces) Write(b []byte) (int, error) {
	p.longest = max(p.longest, len(b))
	return p.Buffer.Write(b)
}

// TestManifestIsWrittenInPieces: they are the bytes of the whole, and a fleet's
// manifest is never held as one text.
func TestManifestIsWrittenInPieces(t *testing.T) {
	large := Manifest{Format: format, ID: `"mailboxes": []`, Kinds: item.Kinds()}
	for n := range 2000 {
		large.Blobs = append(large.Blobs, File{fmt.Sprint(n), int64(n), fmt.Sprint(n)})
	}
	for n := range 20 {
		large.Mailboxes = append(large.Mailboxes, Mailbox{
			Account: mailbox.Account{ID: fmt.Sprint(n), DisplayName: "<\"blobs\": []>\n "}, Counts: map[item.Kind]int{item.Contacts: n},
			Files: []File{}, Unreadable: []Unreadable{}, Notices: []Notice{{What: "\xff"}},
		})
	}
	for _, m := range []Manifest{large, {}, {Format: 1, Blobs: []File{}}, {Format: 2, Mailboxes: []Mailbox{{}}}, {Format: 2, Blobs: []File{{}}, Sum: "old"}} {
		var out pieces
		sum, err := m.write(&out)
		if err != nil || (sum == "") != (m.Format < 2) {
			t.Errorf("sum %q, %v", sum, err)
		}
		m.Sum = sum
		whole, err := json.MarshalIndent(m, "", " ")
		if err != nil || out.String() != string(whole)+"\n" {
			t.Errorf("%v: format %d: %.300s", err, m.Format, out.String())
		}
		if err := checkSum(out.Bytes()); err != nil {
			t.Error(err)
		}
		if out.longest > 1000 {
			t.Errorf("%d of %d bytes were written at once", out.longest, out.Len())
		}
	}
}

// TestMatchTellsTheFirstDifference: a byte more, less or another is one.
func TestMatchTellsTheFirstDifference(t *testing.T) {
	const text = "abcdef"
	for _, there := range []string{"abcdeg", "abcde", "", "Abcdef"} {
		m := &match{[]byte(there)}
		if _, err := strings.NewReader(text).WriteTo(m); err == nil {
			t.Errorf("%q passes for %q", there, text)
		}
	}
	m := &match{[]byte(text + "g")}
	if _, err := strings.NewReader(text).WriteTo(m); err != nil || string(m.left) != "g" {
		t.Errorf("%v, %q is left", err, m.left)
	}
}
