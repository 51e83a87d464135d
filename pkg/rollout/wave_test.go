package rollout_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rollout"
)

// people are accounts of one letter each. Digits are rooms, and of "?" nobody
// knows.
func people(letters string) (all []mailbox.Account) {
	for _, letter := range letters {
		a := mailbox.Account{ID: string(letter), Address: string(letter), Purpose: "user"}
		switch {
		case letter == '?':
			a.Purpose = mailbox.PurposeUnknown
		case letter == '1':
			a.Purpose = "equipment"
		case letter >= '0' && letter <= '9':
			a.Purpose = "room"
		}
		all = append(all, a)
	}
	return all
}

func letters(accounts []mailbox.Account) (all string) {
	for _, a := range accounts {
		all += a.ID
	}
	return all
}

func TestDivide(t *testing.T) {
	five, rest := rollout.Wave{Name: "pilot", Count: 5}, rollout.Wave{Name: "rest", Rest: true}
	fifth, sales := rollout.Wave{Name: "second", Percent: 20}, rollout.Wave{Name: "sales", Mailboxes: rollout.Mailboxes{Groups: []string{"sales"}}}
	cases := []struct {
		name         string
		waves        []rollout.Wave
		all          string
		named, begun map[string]string
		want         string
		outside      string
		err          error
	}{
		{"in order", []rollout.Wave{five, fifth, rest}, "abcdefghijk", nil, nil, "abcde fgh ijk", "", nil},
		{"rooms take no place", []rollout.Wave{five, fifth, rest}, "01a2b3c4d5e6f7g8h9", nil, nil, "abcde fg h 0123456789", "", nil},
		{"nor does one that is named", []rollout.Wave{sales, rest}, "0a1b", map[string]string{"sales": "a0"}, nil, "a b 01", "", nil},
		{"but in a wave that has begun with it", []rollout.Wave{sales, rest}, "0a1b", map[string]string{"sales": "a0"}, map[string]string{"sales": "0a"}, "0a b 1", "", nil},
		{"one of which nobody knows", []rollout.Wave{five, rest}, "?abcdef", nil, nil, "?abcd ef", "", nil},
		{"what is named goes first", []rollout.Wave{five, sales, rest}, "abcdefgh", map[string]string{"sales": "ha"}, nil, "bcdef ah g", "", nil},
		{"fewer than a wave takes", []rollout.Wave{five, fifth, rest}, "abc", nil, nil, "abc  ", "", nil},
		{"some are in none", []rollout.Wave{five, fifth}, "abcdefgh", nil, nil, "abcde fg", "h: it is in no wave", nil},
		{"excluded and named", []rollout.Wave{sales, rest}, "abc", map[string]string{"sales": "xb"}, nil, "b ac", "x: wave sales names it, and it is excluded", nil},
		{"in two waves", []rollout.Wave{sales, {Name: "south", Mailboxes: rollout.Mailboxes{Names: []string{"a"}}}}, "abc", map[string]string{"sales": "ab", "south": "b"}, nil, "", "", rollout.ErrTwoWaves},
		{"named twice", []rollout.Wave{sales, rest}, "abc", map[string]string{"sales": "bb"}, nil, "b ac", "", nil},
		{"one that has begun keeps its own", []rollout.Wave{five, rest}, "Aabcdefgh", nil, map[string]string{"pilot": "abcde"}, "abcde Afgh", "", nil},
		{"begun, and fewer than it takes", []rollout.Wave{five, rest}, "abcdef", nil, map[string]string{"pilot": "bc"}, "bc adef", "", nil},
		{"begun, and named elsewhere since", []rollout.Wave{five, sales}, "abc", map[string]string{"sales": "b"}, map[string]string{"pilot": "abc"}, "", "", rollout.ErrTwoWaves},
		{"named too late", []rollout.Wave{sales, rest}, "abc", map[string]string{"sales": "ab"}, map[string]string{"sales": "a"}, "a bc", "b: wave sales had begun before it was named", nil},
		{"begun, and called otherwise since", []rollout.Wave{sales, rest}, "abc", nil, map[string]string{"pilot": "ab"}, "", "", rollout.ErrFile},
		{"begun, and no longer meant", []rollout.Wave{five, rest}, "bc", nil, map[string]string{"pilot": "ab"}, "ab c", "", nil},
	}
	for _, c := range cases {
		accounts := func(by map[string]string) map[string][]mailbox.Account {
			all := map[string][]mailbox.Account{}
			for wave, who := range by {
				all[wave] = people(who)
			}
			return all
		}
		d, err := rollout.Divide(c.waves, people(c.all), accounts(c.named), accounts(c.begun))
		var parts, outside []string
		for _, p := range d.Parts {
			parts = append(parts, letters(p.Accounts))
		}
		if len(d.Rooms) > 0 {
			parts = append(parts, letters(d.Rooms))
		}
		for _, o := range d.Outside {
			outside = append(outside, o.Name+": "+o.Reason)
		}
		if !errors.Is(err, c.err) || strings.Join(parts, " ") != c.want || !strings.Contains(strings.Join(outside, "; "), c.outside) || (c.outside == "") != (len(outside) == 0) {
			t.Errorf("%s: %q, outside %q, %v", c.name, parts, outside, err)
		}
	}
	if len(cases) < 17 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestEveryMailboxIsInOneWaveOrOutside whatever the waves are, and a wave that has
// begun keeps its mailboxes when others come and go.
func TestEveryMailboxIsInOneWaveOrOutside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var waves []rollout.Wave
		for i := range rapid.IntRange(1, 5).Draw(t, "waves") {
			w := rollout.Wave{Name: fmt.Sprint("w", i), Count: rapid.IntRange(0, 6).Draw(t, "count")}
			if w.Count == 0 {
				w.Percent = rapid.IntRange(1, 100).Draw(t, "percent")
			}
			waves = append(waves, w)
		}
		all := people("a0bc12defgh3?ijklm4nopq567rstuvwx89yz"[:rapid.IntRange(0, 37).Draw(t, "mailboxes")])
		slices.SortFunc(all, mailbox.Account.Compare)
		first, err := rollout.Divide(waves, all, nil, nil)
		once(t, first, all, err)
		begun := map[string][]mailbox.Account{}
		if len(first.Parts[0].Accounts) > 0 {
			begun["w0"] = first.Parts[0].Accounts
		}
		later := append(people("ABCDEF"[:rapid.IntRange(0, 6).Draw(t, "more")]), all...)
		slices.SortFunc(later, mailbox.Account.Compare)
		second, err := rollout.Divide(waves, later, nil, begun)
		once(t, second, later, err)
		if len(begun) > 0 && letters(second.Parts[0].Accounts) != letters(first.Parts[0].Accounts) {
			t.Errorf("it had %s, and then %s", letters(first.Parts[0].Accounts), letters(second.Parts[0].Accounts))
		}
	})
}

func once(t *rapid.T, d rollout.Divided, all []mailbox.Account, err error) {
	var seen []string
	for _, p := range d.Parts {
		for _, a := range p.Accounts {
			seen = append(seen, a.ID)
		}
	}
	for _, o := range d.Outside {
		seen = append(seen, o.Name)
	}
	for _, a := range d.Rooms {
		seen = append(seen, a.ID)
	}
	slices.Sort(seen)
	want := strings.Split(letters(all), "")
	slices.Sort(want)
	if err != nil || strings.Join(seen, "") != strings.Join(want, "") || strings.ContainsAny(letters(slices.Concat(accounts(d)...)), "0123456789") {
		t.Fatalf("%s became %q, %v", letters(all), seen, err)
	}
}

func accounts(d rollout.Divided) (all [][]mailbox.Account) {
	for _, p := range d.Parts {
		all = append(all, p.Accounts)
	}
	return all
}

func TestCanary(t *testing.T) {
	part := func(who string, kinds ...item.Kind) plan.Mailbox {
		m := plan.Mailbox{Account: mailbox.Account{ID: who}}
		for i, kind := range kinds {
			m.Steps = append(m.Steps, plan.Step{Kind: kind, ID: fmt.Sprint(i), Action: plan.Delete})
		}
		return m
	}
	c, e, k := item.Contacts, item.Events, item.Tasks
	whole := plan.Plan{
		Mailboxes: []plan.Mailbox{part("none"), part("one", c, c, c), part("two", c, c, c, c, e, k, k, k), part("more", k, e, c)},
		Skipped:   []plan.Skipped{{Name: "x"}},
	}
	got := rollout.Canary(whole, 2)
	if len(got.Mailboxes) != 1 || got.Mailboxes[0].Account.ID != "two" || got.Totals().Deletes != 5 || len(got.Skipped) != 0 {
		t.Errorf("got %+v", got)
	}
	if len(whole.Mailboxes[2].Steps) != 8 || whole.Totals().Deletes != 14 {
		t.Error("the plan itself was changed")
	}
	if none := rollout.Canary(plan.Plan{Mailboxes: []plan.Mailbox{part("none")}}, 3); none.Totals().Steps() != 0 || len(none.Mailboxes) != 0 {
		t.Errorf("got %+v", none)
	}
}
