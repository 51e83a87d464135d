package signin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// What signing in tells are the roles and the clock, and never the token.
func TestGranted(t *testing.T) {
	for _, ahead := range []time.Duration{0, 10 * time.Minute, -time.Hour} {
		box := newSandbox(t, sandbox.Options{Roles: []string{"Contacts.Read", "Tasks.Read.All"}, Ahead: ahead})
		place, err := ready(box).Place()
		if err != nil {
			t.Fatal(err)
		}
		g, err := NewTokens(place, box.Transport(), time.Now).Granted(t.Context())
		if err != nil || !slices.Equal(g.Roles, []string{"Contacts.Read", "Tasks.Read.All"}) {
			t.Errorf("granted %v, %v", g.Roles, err)
		}
		if ahead != 0 && (g.Behind == nil || (*g.Behind-ahead).Abs() > 5*time.Second) {
			t.Errorf("the clock is behind by %v, want %s", g.Behind, ahead)
		}
		if text := fmt.Sprintf("%+v %+v", g, place.App()); strings.Contains(text, "eyJ") || strings.Contains(text, secret) {
			t.Errorf("too much is told: %s", text)
		}
	}
}

func TestRefusedCredentialTellsTheClock(t *testing.T) {
	box := newSandbox(t, sandbox.Options{Ahead: time.Hour})
	settings := ready(box)
	settings.ClientSecret = "canary-wrong"
	place, err := settings.Place()
	if err != nil {
		t.Fatal(err)
	}
	g, err := NewTokens(place, box.Transport(), time.Now).Granted(t.Context())
	if err == nil || g.Roles != nil || g.Behind == nil || *g.Behind < 59*time.Minute {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestRolesOfOddTokens(t *testing.T) {
	for _, token := range []string{"", "Bearer x", "Bearer a.b.c", "Bearer a.e30.c", "Bearer a.W10.c", "a.b", "....", "Bearer a.eyJyb2xlcyI6MX0.c"} {
		if got := roles(token); got != nil {
			t.Errorf("%q has roles %q", token, got)
		}
	}
}

func TestCredentialVariables(t *testing.T) {
	names := CredentialVariables()
	if len(names) != 5 || !slices.Contains(names, "AZURE_CLIENT_CERTIFICATE_PATH") {
		t.Errorf("%q", names)
	}
}
