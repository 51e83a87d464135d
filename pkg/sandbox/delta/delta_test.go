package delta_test

import (
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox/delta"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

func TestTokensAreForOneFolder(t *testing.T) {
	token := delta.Token("AAfolder", 7)
	if n, err := delta.Revision("AAfolder", token); n != 7 || err != nil {
		t.Errorf("revision %d, %v", n, err)
	}
	for folder, text := range map[string]string{"AAother": token, "AAfolder": token + "x", "A": delta.Token("A", -1), "B": "!"} {
		if n, err := delta.Revision(folder, text); err == nil {
			t.Errorf("%q of %s is revision %d", text, folder, n)
		}
	}
}

func TestLinksHaveOneToken(t *testing.T) {
	r := &wire.Request{Root: "https://x/v1.0", Target: "/v1.0/a", RawQuery: "%24skiptoken=a&$select=b&$deltatoken=c"}
	if got := delta.Link(r, "$deltatoken", "d"); got != "https://x/v1.0/a?$select=b&$deltatoken=d" {
		t.Error(got)
	}
}
