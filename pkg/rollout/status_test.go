package rollout_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/rollout"
	"github.com/riva-prep/riva-prep/pkg/rollout/gate"
)

// story makes records and looks of one line a record: what happened, in which run,
// to which mailboxes, each with what became of it there.
type story struct {
	books rollout.Books
	at    int
}

func tell(meant string, lines ...string) *rollout.Books {
	s := &story{books: rollout.Books{Looks: map[string]*rollout.Look{}, Meant: map[string]bool{}}}
	for _, a := range people(meant) {
		s.books.Meant[a.ID] = true
	}
	for _, line := range lines {
		s.line(strings.Fields(line))
	}
	return &s.books
}

// line reads "purge a b!": the purge of a wave with a and b was begun, and a step in b
// is refused. The signs are ! refused, ? unknown, … to do, - to do and not copied,
// h something held, u undone. A word that begins with = is the run's name.
func (s *story) line(words []string) {
	s.at++
	run := fmt.Sprint("run-", s.at)
	r := rollout.Record{Wave: "w", Event: rollout.Begun, Phase: rollout.Phase(words[0])}
	look := &rollout.Look{Begun: true, Snapshot: "s", Boxes: map[string]rollout.Box{}, Copied: map[string]bool{}, Undone: map[string]bool{}}
	for _, word := range words[1:] {
		if name, named := strings.CutPrefix(word, "="); named {
			run = name
			continue
		}
		id, sign := word[:1], word[1:]
		r.Covers = append(r.Covers, id)
		look.Copied[id] = sign != "-"
		look.Undone[id] = sign == "u"
		look.Boxes[id] = map[string]rollout.Box{
			"": {Done: 2}, "u": {Done: 2}, "h": {Done: 2, Held: 1}, "!": {Done: 1, Refused: 1, Failure: "denied"}, "?": {Done: 1, Unknown: 1}, "…": {Done: 1, Pending: 1}, "-": {Pending: 2},
		}[sign]
	}
	switch words[0] {
	case "verified", "refuted":
		r.Event, r.Phase = rollout.Event(words[0]), ""
	case "no-purge", "no-tag":
		r.Event, r.Phase = rollout.Nothing, rollout.Phase(strings.TrimPrefix(words[0], "no-"))
	case "lost": // killed before the approval was on record
		r.Phase, r.Run, look = rollout.PhasePurge, run, &rollout.Look{}
	}
	if r.Event == rollout.Begun {
		r.Run, s.books.Looks[run] = run, look
	}
	s.books.State.Records = append(s.books.State.Records, r)
}

func TestStanding(t *testing.T) {
	cases := []struct {
		name  string
		lines []string
		want  string
		next  rollout.Phase
	}{
		{"nothing yet", nil, "a waiting purge 0+0, b waiting purge 0+0", rollout.PhasePurge},
		{"killed before it was approved", []string{"lost a b"}, "a waiting purge 0+0, b waiting purge 0+0", rollout.PhasePurge},
		{"a canary", []string{"canary a"}, "a backed-up purge 2+0, b waiting purge 0+0", rollout.PhasePurge},
		{"a canary begun twice", []string{"canary a =x", "canary a =x"}, "a backed-up purge 2+0, b waiting purge 0+0", rollout.PhasePurge},
		{"purged", []string{"purge a b"}, "a backed-up tag 2+0, b backed-up tag 2+0", rollout.PhaseTag},
		{"stopped", []string{"purge a b…"}, "a backed-up tag 2+0, b backed-up purge 1+0", rollout.PhasePurge},
		{"killed, and not known yet", []string{"purge a b?"}, "a backed-up tag 2+0, b backed-up purge 1+0", rollout.PhasePurge},
		{"refused", []string{"purge a b!"}, "a backed-up tag 2+0, b failed purge 1+0", rollout.PhasePurge},
		{"not copied", []string{"purge a b-"}, "a backed-up tag 2+0, b failed purge 0+0", rollout.PhasePurge},
		{"not read", []string{"purge a"}, "a backed-up tag 2+0, b failed purge 0+0", rollout.PhasePurge},
		{"not read at first", []string{"purge a", "purge a b"}, "a backed-up tag 4+0, b backed-up tag 2+0", rollout.PhaseTag},
		{"tagged", []string{"purge a b", "tag a b"}, "a backed-up verify 2+2, b backed-up verify 2+2", rollout.PhaseVerify},
		{"nothing to tag", []string{"purge a b", "no-tag a b"}, "a backed-up verify 2+0, b backed-up verify 2+0", rollout.PhaseVerify},
		{"nothing at all", []string{"no-purge a b", "no-tag a b", "verified"}, "a done done 0+0, b done done 0+0", rollout.PhaseDone},
		{"verified", []string{"purge a bh", "tag a b", "verified"}, "a done done 2+2, b held done 2+2", rollout.PhaseDone},
		{"verified too early", []string{"purge a b", "verified"}, "a backed-up tag 2+0, b backed-up tag 2+0", rollout.PhaseTag},
		{"purged again after that", []string{"purge a b", "tag a b", "verified", "purge a"}, "a backed-up tag 4+2, b backed-up verify 2+2", rollout.PhaseTag},
		{"refuted", []string{"purge a b", "tag a b", "refuted b"}, "a backed-up verify 2+2, b backed-up purge 2+2", rollout.PhasePurge},
		{"undone", []string{"purge a bu", "tag a b", "verified"}, "a done done 2+2, b undone purge 0+2", rollout.PhasePurge},
		{"tags undone", []string{"purge a b", "tag a bu", "verified"}, "a done done 2+2, b undone tag 2+0", rollout.PhaseTag},
		{"undone and done again", []string{"purge a bu", "tag a b", "verified", "purge a b", "no-tag a b", "verified"}, "a done done 4+2, b done done 2+2", rollout.PhaseDone},
	}
	for _, c := range cases {
		w := tell("ab", c.lines...).Standing(rollout.Part{Wave: "w", Accounts: people("ab")})
		var got []string
		counted := 0
		for _, m := range w.Mailboxes {
			got = append(got, fmt.Sprintf("%s %s %s %d+%d", m.Account.ID, m.State, m.Phase, m.Deleted, m.Tagged))
			if (m.State == rollout.Failed || m.State == rollout.Undone) && m.Detail == "" {
				t.Errorf("%s: nothing is said of %s", c.name, m.Account.ID)
			}
		}
		for _, word := range rollout.Words() {
			counted += w.Counts[string(word)]
		}
		if strings.Join(got, ", ") != c.want || w.Phase != c.next || counted != 2 {
			t.Errorf("%s: %s, then %s; %v", c.name, strings.Join(got, ", "), w.Phase, w.Counts)
		}
	}
	if len(cases) < 20 {
		t.Fatalf("only %d cases", len(cases))
	}
}

func TestWhatIsExcludedLaterKeepsNobodyWaiting(t *testing.T) {
	part, lines := rollout.Part{Wave: "w", Accounts: people("ab")}, []string{"purge =p a b!", "tag a", "verified"}
	all, without := tell("ab", lines...), tell("a", lines...)
	if w := all.Standing(part); w.Resume != "p" || w.Phase != rollout.PhasePurge || all.Barred("p") != 0 {
		t.Errorf("with it: %+v, %d barred", w, all.Barred("p"))
	}
	if w := without.Standing(part); w.Resume != "" || w.Phase != rollout.PhaseDone || without.Barred("p") != 1 {
		t.Errorf("without it: %+v, %d barred", w, without.Barred("p"))
	}
}

func TestWavesGoInTheirOrder(t *testing.T) {
	d := rollout.Divided{Parts: []rollout.Part{{Wave: "w", Accounts: people("abcde")}, {Wave: "empty"}, {Wave: "last", Accounts: people("z")}}}
	for _, c := range []struct {
		lines []string
		want  error
		says  string
	}{
		{nil, rollout.ErrOrder, "w comes before it, and is not done and verified: a (waiting), b (waiting), c (waiting) and 2 more"},
		{[]string{"purge a b c d e", "tag a b c d e"}, rollout.ErrOrder, "a (backed-up)"},
		{[]string{"purge a b c d eu", "tag a b c d e", "verified"}, rollout.ErrOrder, "verified: e (undone)"},
		{[]string{"purge a b c d eh", "tag a b c d e", "verified"}, nil, ""},
	} {
		books := tell("abcdez", c.lines...)
		if err := books.Ready(d, 0); err != nil {
			t.Errorf("the first wave has to wait: %v", err)
		}
		err := books.Ready(d, 2)
		if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v", c.lines, err)
		}
	}
}

func TestStateIsKept(t *testing.T) {
	store, err := durable.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	f := &rollout.File{Name: "crm", Tenant: "t"}
	if s, err := rollout.Load(store, f); err != nil || len(s.Records) != 0 || !s.FirstPlan().IsZero() || s.LastCanary() != "" {
		t.Fatalf("of nothing: %+v, %v", s, err)
	}
	day := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	records := []rollout.Record{
		{Event: rollout.Answered, Gate: gate.PlugIn, By: "somebody", Evidence: "yes"},
		{Event: rollout.Planned, Time: day, Digest: "sha256:1"},
		{Event: rollout.Begun, Time: day.Add(time.Hour), Wave: "pilot", Phase: rollout.PhaseCanary, Run: "one", Members: people("ab")},
		{Event: rollout.Answered, Gate: gate.Canary},
		{Event: rollout.Answered, Gate: gate.Recent},
		{Event: rollout.Begun, Wave: "pilot", Phase: rollout.PhasePurge, Run: "two", Members: people("abc")},
	}
	for _, r := range records {
		if _, err := rollout.Append(store, f, r); err != nil {
			t.Fatal(err)
		}
	}
	s, err := rollout.Load(store, f)
	if err != nil || fmt.Sprint(s.Records) != fmt.Sprint(records) {
		t.Fatalf("got %v, %v", s.Records, err)
	}
	if letters(s.Members()["pilot"]) != "ab" || !s.FirstPlan().Equal(day) || s.LastCanary() != "one" || fmt.Sprint(s.Runs()) != "[one two]" || !s.Knows(rollout.Planned, "sha256:1") || s.Knows(rollout.Begun, "sha256:1") {
		t.Errorf("got %+v", s)
	}
	for name, want := range map[gate.Name]bool{gate.PlugIn: true, gate.Canary: true, gate.Recent: false, gate.Server: false} {
		if s.Answered(name) != want {
			t.Errorf("%s answered: %v", name, !want)
		}
	}
	if s, err = rollout.Append(store, f, rollout.Record{Event: rollout.Begun, Phase: rollout.PhaseCanary, Run: "three"}); err != nil || s.Answered(gate.Canary) || !s.Answered(gate.PlugIn) {
		t.Errorf("what was said of one canary stands for another: %v", err)
	}
	if _, err := rollout.Load(store, &rollout.File{Name: "crm", Tenant: "another"}); !errors.Is(err, rollout.ErrFile) {
		t.Errorf("of another tenant: %v", err)
	}
	for _, text := range []string{"", "{", `{"format": 2, "tenant": "t"}`, `{"tenant": "t"}`} {
		if err := store.WriteFile("rollouts/crm/state.json", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := rollout.Load(store, f); !errors.Is(err, rollout.ErrState) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
