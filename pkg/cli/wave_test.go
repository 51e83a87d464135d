package cli

import (
	"testing"

	"github.com/riva-prep/riva-prep/pkg/rollout"
)

func TestPhasePage(t *testing.T) {
	for name, want := range map[string]string{"": "", "wave.html": "wave-tag.html", "a.b/wave": "a.b/wave-tag", "a/w.1.htm": "a/w.1-tag.htm"} {
		if got := phasePage(name, rollout.PhaseTag); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}
