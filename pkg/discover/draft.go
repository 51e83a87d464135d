package discover

import (
	"fmt"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/profile"
)

// Draft makes a profile of what looks like a plug-in's, for a person to edit.
// What some profile takes for generic or a hint stays so; what no profile knows
// is generic, so that nothing is purged by it before somebody says so.
func (f Found) Draft(name string) profile.Profile {
	p := profile.Profile{
		Name: name, Product: "found by riva-prep discover",
		Premise: profile.Premise{Contacts: profile.Unknown, Events: profile.Unknown, Tasks: profile.Unknown},
	}
	for _, t := range f.Traces {
		m := profile.Marker{Marker: t.Marker, Confidence: profile.Low, Note: t.note()}
		switch {
		case t.Protected:
			p.Protect = append(p.Protect, m)
		case len(t.Signs) > 0 && m.Check() == nil:
			m.Generic, m.Hint = t.Generic || len(t.Profiles) == 0, t.Hint
			p.Markers = append(p.Markers, m)
		}
	}
	return p
}

// note tells what a marker rests on.
func (t *Trace) note() string {
	text := fmt.Sprintf("items: %d, mailboxes: %d", t.Items, t.Mailboxes)
	if !t.Oldest.IsZero() {
		text += fmt.Sprintf(", made from %s to %s", t.Oldest.Format(time.DateOnly), t.Newest.Format(time.DateOnly))
	}
	if len(t.Profiles) > 0 {
		text += "; known to " + strings.Join(t.Profiles, ", ")
	}
	return text
}
