package decide_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/plan/decide"
)

// labelled is the list of those rows (the header is row 1) as a page saves it.
func labelled(t *testing.T, p plan.Plan, label string, rows ...int) []byte {
	t.Helper()
	all := records(t, written(t, p))
	list := [][]string{append(all[0], decide.LabelColumn)}
	for _, at := range rows {
		list = append(list, append(all[at-1], label))
	}
	return joined(t, list, ',')
}

// TestPagesListsMayBeOfSomeMailboxes: a list that says so is of the mailboxes
// that it has rows of, and of all their rows.
func TestPagesListsMayBeOfSomeMailboxes(t *testing.T) {
	p := sample()
	digest := p.Digest()
	ofAll, ofAnn, ofBo := labelled(t, p, decide.Label(5, digest), 2, 3, 4, 5, 6), labelled(t, p, decide.Label(3, digest), 2, 3, 4), labelled(t, p, decide.Label(2, digest), 5, 6)
	for name, c := range map[string]struct {
		lists  []decide.List
		silent int
	}{
		"all": {[]decide.List{list(ofAll)}, 0}, "the first mailbox": {[]decide.List{list(ofAnn)}, 1}, "the second": {[]decide.List{list(ofBo)}, 1},
		"one each": {[]decide.List{list(ofAnn), list(ofBo)}, 0}, "both at once": {[]decide.List{list(ofAll), list(ofBo)}, 0},
		"none": {nil, 2}, "a spreadsheet's": {[]decide.List{list(written(t, p)), list(ofBo)}, 0},
	} {
		o, err := decide.Decide(p, c.lists...)
		if err != nil || o.Kept != 0 || o.Silent != c.silent {
			t.Errorf("%s: silent %d, kept %d, %v", name, o.Silent, o.Kept, err)
			continue
		}
		sameDigest(t, p, o.Plan)
	}
	keeping := []byte(strings.Replace(string(ofBo), ",do,", ",keep,", 1))
	o, err := decide.Decide(p, list(ofAll), list(keeping))
	if err != nil || o.Kept != 1 || len(o.Disputed) != 1 {
		t.Errorf("kept %d, disputed %d, %v", o.Kept, len(o.Disputed), err)
	}
}

// TestPagesListsThatAreRefused: parts of lists, and lists of other plans.
func TestPagesListsThatAreRefused(t *testing.T) {
	p, other := sample(), sample()
	other.Mailboxes = other.Mailboxes[:1]
	digest := p.Digest()
	cases := []struct {
		name, says string
		data       []byte
	}{
		{"of another plan", "row 2: under list it says", labelled(t, p, decide.Label(3, other.Digest()), 2, 3, 4)},
		{"a mailbox taken out", `as a list of this plan it would say "3 rows of sha256:`, labelled(t, p, decide.Label(5, digest), 2, 3, 4)},
		{"a row taken out", "row 2: under list it says", labelled(t, p, decide.Label(3, digest), 2, 3)},
		{"a row taken out, and the label edited", "1 of the plan's 5 rows are missing", labelled(t, p, decide.Label(2, digest), 2, 3)},
		{"two lists in one", "row 2: under list it says", labelled(t, p, decide.Label(3, digest), 2, 3, 4, 5, 6)},
		{"a row twice", "row 4: the item is in row 3 already", labelled(t, p, decide.Label(4, digest), 2, 3, 3, 4)},
		{"no label in the rows", "row 2: under list it says", labelled(t, p, "", 2, 3, 4)},
		{"no rows", "5 of the plan's 5 rows are missing", labelled(t, p, "")},
		{"two columns of labels", "column list is there twice", []byte(strings.Replace(string(labelled(t, p, decide.Label(1, digest), 2)), ",list", ",list,list", 1))},
	}
	for _, c := range cases {
		_, err := decide.Decide(p, list(c.data))
		if !errors.Is(err, decide.ErrList) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, not %q", c.name, err, c.says)
		}
	}
	if len(cases) < 9 {
		t.Fatalf("only %d cases", len(cases))
	}
	if _, err := decide.Decide(p, list([]byte(strings.Replace(string(labelled(t, p, decide.Label(3, digest), 2, 3, 4)), ",held,", ",do,", 2)))); err == nil {
		t.Error("a page's list may do what is held")
	}
}
