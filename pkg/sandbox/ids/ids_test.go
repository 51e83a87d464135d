package ids_test

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
)

// makers make one identifier each for a mailbox and a number.
var makers = map[string]func(mailbox string, n uint64) string{
	"new":       func(m string, n uint64) string { return ids.New(m, "contact", n) },
	"immutable": func(m string, n uint64) string { return ids.Immutable(m, "contacts", ids.New(m, "contact", n)) },
	"short key": func(m string, n uint64) string { return ids.ChangeKey(m, false, n) },
	"long key":  func(m string, n uint64) string { return ids.ChangeKey(m, true, n) },
	"guid":      func(m string, n uint64) string { return ids.GUID(m, "link", n) },
}

func TestIDsDifferAndRepeat(t *testing.T) {
	for name, make := range makers {
		seen := map[string]bool{}
		for n := range uint64(5000) {
			id := make("ann", n)
			if seen[id] {
				t.Fatalf("%s: %d has the id of an earlier one", name, n)
			}
			seen[id] = true
			if id != make("ann", n) {
				t.Fatalf("%s: %d has two ids", name, n)
			}
		}
		if seen[make("bob", 1)] {
			t.Errorf("%s: two mailboxes share an id", name)
		}
	}
}

func TestPurposesAndKindsDoNotRunTogether(t *testing.T) {
	for what, pair := range map[string][2]string{
		"purpose":         {ids.New("m", "a", 1), ids.New("m", "b", 1)},
		"mailbox, suffix": {ids.New("m", "ab", 1), ids.New("ma", "b", 1)},
		"kind":            {ids.Immutable("m", "contacts", "x"), ids.Immutable("m", "events", "x")},
	} {
		if pair[0] == pair[1] {
			t.Errorf("%s makes no difference", what)
		}
	}
}

func TestShapes(t *testing.T) {
	for name, pattern := range map[string]string{
		"new": `^AAMkAD[A-Za-z0-9_-]+AAA=$`, "immutable": `^AAkALg[A-Za-z0-9_-]+AAA=$`,
		"guid": `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`,
	} {
		if id := makers[name]("ann", 7); !regexp.MustCompile(pattern).MatchString(id) {
			t.Errorf("%s: %s", name, id)
		}
	}
	short, long := ids.ChangeKey("ann", false, 1), ids.ChangeKey("ann", true, 1)
	for _, key := range []string{short, long} {
		if _, err := base64.StdEncoding.DecodeString(key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	if len(long) <= len(short) || !strings.HasPrefix(long, "EQAAAB") {
		t.Errorf("change keys are %s and %s", short, long)
	}
	if etag := ids.Etag("x"); etag != `W/"x"` {
		t.Errorf("etag is %s", etag)
	}
}
