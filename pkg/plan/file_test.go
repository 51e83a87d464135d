package plan_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

var source = &plan.Source{Snapshots: []plan.SourceSnapshot{{ID: "20261123T054518.033Z", Sum: "7a09"}}}

// backPlan has every member that a plan can have.
func backPlan() plan.Plan {
	rules := plan.Rules{
		Purpose: plan.Undo, Kinds: item.Kinds(), Categories: []string{}, Protect: []string{}, Tag: "Personal", Colour: "preset1", TagMeetings: true,
		IncludeRooms: true, Source: source, Run: "purge-c3ff936f3e98a509", Strip: []string{plugin}, Copies: true, ImportMeetings: true,
	}
	part := plan.Mailbox{
		Account: mailbox.Account{ID: "ann", UPN: "ann@contoso.example", Address: "a@contoso.example", DisplayName: "Ann <&>", Purpose: "user"},
		Steps: []plan.Step{
			{
				Action: plan.Create, Kind: item.Events, Folder: "Old", FolderID: "gone", ID: "1", Version: "v1", Title: "Réunion \u2028", Before: []string{plugin, "A"},
				After: []string{"A"}, Why: "w", Hazards: []plan.Hazard{plan.MailsAttendees, plan.FolderGone}, Way: plan.ByStream, Loses: []string{"attendees"},
			},
			{Action: plan.SetCategories, Kind: item.Tasks, Folder: "Tasks", FolderID: "t", ID: "2", Version: "v2", Title: "", Before: []string{"A", "Personal"}, After: []string{"A"}, Why: "w"},
			{Action: plan.Delete, Kind: item.Contacts, Folder: "Contacts", FolderID: "c", ID: "3", Version: "v3", Title: "T", Before: []string{}, Why: "w"},
		},
		Held:  []plan.Held{{Kind: item.Events, Folder: "Calendar", ID: "4", Title: "M", Categories: []string{}, Hazard: plan.Changed, Detail: "d"}},
		Items: 7, Already: 3, From: "bo",
		Folders: []plan.NewFolder{{Kind: item.Events, FormerID: "gone", Names: []string{"Old"}}},
	}
	p := plan.Make(mailbox.Tenant{ID: "tenant", DisplayName: "Contoso"}, rules, []plan.Mailbox{part, {Account: mailbox.Account{ID: "bo", UPN: "bo@contoso.example"}, Steps: []plan.Step{}, Held: []plan.Held{}}})
	p.Tool, p.Created, p.Skipped = "v1", time.Unix(1e9, 5).UTC(), []plan.Skipped{{Name: "c@contoso.example", Reason: "access denied"}}
	return p
}

// TestDigestsStay: an approval given to an earlier version of the tool holds.
func TestDigestsStay(t *testing.T) {
	for name, c := range map[string]struct {
		plan plan.Plan
		want string
	}{
		"purge": {decoded(t, samplePlan()), "sha256:6f90e6e5d33b9db5a61bb550c3aefd0fa1039763693bb9bf04be087a9c9da129"},
		"undo":  {backPlan(), "sha256:1d2cff1df942cb3e72f11efe3085584ee524e6276a33456221a19ed350907bf8"},
		"empty": {plan.Make(tenant, tag, nil), "sha256:3b714c16df65bbbe73adacd6897a3ce33c70f9ad0f0e191f85b6ec84ec9bbc63"},
	} {
		if got := c.plan.Digest(); got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}

func decoded(t *testing.T, data []byte) plan.Plan {
	t.Helper()
	p, err := plan.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wholeFile is the plan on disk, made in one piece.
type wholeFile struct {
	Format  int            `json:"format"`
	Tool    string         `json:"tool"`
	Created time.Time      `json:"created"`
	Digest  string         `json:"digest"`
	Skipped []plan.Skipped `json:"skipped"`
	Plan    plan.Plan      `json:"plan"`
}

// TestPiecesMakeTheWhole: what is written piece by piece is what encoding/json
// makes of the plan at once, also of members that are nil and of any text.
func TestPiecesMakeTheWhole(t *testing.T) {
	compare := func(t rapid.TB, p plan.Plan) {
		t.Helper()
		whole, err := json.MarshalIndent(wholeFile{1, p.Tool, p.Created.UTC(), p.Digest(), append([]plan.Skipped{}, p.Skipped...), p}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Encode(); !bytes.Equal(got, append(whole, '\n')) {
			t.Fatalf("written\n%s\nnot\n%s", got, whole)
		}
		q := p
		q.Mailboxes = slices.Clone(p.Mailboxes)
		for i := range q.Mailboxes {
			q.Mailboxes[i].Items, q.Mailboxes[i].Already = 0, 0
		}
		content, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if got := p.Digest(); got != "sha256:"+hex.EncodeToString(sum[:]) {
			t.Fatalf("digest %s is not that of %s", got, content)
		}
	}
	full := backPlan()
	// Later members, which the golden digest does not cover.
	full.Rules.Meetings, full.Rules.Permanent = plan.SendCancellations, true
	full.Rules.Profiles = []marker.Set{sfo}
	full.Mailboxes[0].Steps[0].Start, full.Mailboxes[0].Steps[0].Series = time.Unix(1e9, 100).UTC(), true
	full.Mailboxes[0].Steps[0].Mails = []string{"bo@fabrikam.example"}
	full.Mailboxes[0].Steps[0].Profile, full.Mailboxes[0].Steps[0].Marker = "sfo", `category "A"`
	full.Mailboxes[0].Held[0].Profile, full.Mailboxes[0].Held[0].Marker = "sfo", `category "A"`
	full.Mailboxes[0].Held[0].Step = &full.Mailboxes[0].Steps[1]
	for _, v := range []any{full.Rules, full.Mailboxes[0], full.Mailboxes[0].Steps[0], full.Mailboxes[0].Held[0], full.Mailboxes[0].Folders[0]} {
		for i := range reflect.TypeOf(v).NumField() {
			if reflect.ValueOf(v).Field(i).IsZero() {
				t.Errorf("the sample's %T has no %s", v, reflect.TypeOf(v).Field(i).Name)
			}
		}
	}
	compare(t, full)
	compare(t, plan.Plan{})
	compare(t, plan.Plan{Mailboxes: []plan.Mailbox{{}, {Steps: []plan.Step{{}}, Held: []plan.Held{{}}, Folders: []plan.NewFolder{}}}})
	rapid.Check(t, func(t *rapid.T) {
		p, _ := drawPlan(t)
		compare(t, p)
	})
}
