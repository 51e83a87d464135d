package report

import (
	"fmt"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/inventory"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/profile"
	"github.com/riva-prep/riva-prep/pkg/rollout"
	"github.com/riva-prep/riva-prep/pkg/rollout/gate"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/safetext/hostile"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

func anna() mailbox.Account {
	return mailbox.Account{ID: "00000000-0000-0000-0000-00000000000a", UPN: "anna@contoso.example", Address: "anna@contoso.example", DisplayName: "Anna", Purpose: "user"}
}

func boris() mailbox.Account {
	return mailbox.Account{ID: "00000000-0000-0000-0000-00000000000b", UPN: "b@contoso.example", Address: "boris.with.a.long.address@sales.contoso.example", DisplayName: "Boris <b>", Purpose: "shared"}
}

func carla() mailbox.Account {
	return mailbox.Account{ID: "00000000-0000-0000-0000-00000000000c", UPN: "carla@contoso.example"}
}

func contoso() mailbox.Tenant {
	return mailbox.Tenant{ID: "11111111-1111-1111-1111-111111111111", DisplayName: "Contoso <Ltd>"}
}

func step(account mailbox.Account, n int, kind item.Kind, title string) plan.Step {
	s := plan.Step{
		Action: plan.Delete, Kind: kind, Folder: "Root/" + string(kind), FolderID: "F-" + string(kind), ID: fmt.Sprintf("AAMk%s%04d", account.ID[35:], n),
		Version: fmt.Sprintf(`W/"v%d"`, n), Title: title, Before: []string{"Sync with Salesforce", "Blue"}, Why: `category "Sync with Salesforce"`,
	}
	if kind == item.Events {
		s.Start, s.Series = clock().AddDate(0, 4*(n%13)-28, n%5-2), n%13 == 10
	}
	return s
}

func purgePlan() plan.Plan {
	a := plan.Mailbox{Account: anna(), Items: 60, Already: 2, Steps: []plan.Step{}, Held: []plan.Held{}}
	for i, title := range hostile.Common() {
		a.Steps = append(a.Steps, step(anna(), i, item.Kinds()[i%3], title))
	}
	a.Held = []plan.Held{
		{Kind: item.Events, Folder: "Calendar", ID: "AAMkH1", Title: "Board\x1b[31m meeting", Categories: []string{"Sync with Salesforce"}, Hazard: plan.MailsAttendees, Detail: "deleting it would mail cancellations to 12 people"},
		{Kind: item.Contacts, Folder: "Contacts", ID: "AAMkH2", Title: "=HYPERLINK(\"http://x\")", Categories: []string{"Sync with Salesforce", "Don't Sync with Salesforce"}, Hazard: plan.Protected, Detail: `carries "Don't Sync with Salesforce"`},
	}
	b := plan.Mailbox{Account: boris(), Items: 30, Steps: []plan.Step{step(boris(), 0, item.Contacts, "Ada Lovelace"), step(boris(), 1, item.Tasks, "Call back")}, Held: []plan.Held{
		{Kind: item.Events, Folder: "Calendars/<b>Team</b>", ID: "AAMkH3", Title: "Weekly", Categories: []string{"Sync with Salesforce"}, Hazard: plan.MailsAttendees, Detail: "deleting it would mail cancellations to 3 people"},
	}}
	c := plan.Mailbox{Account: carla(), Items: 3, Already: 3, Steps: []plan.Step{}, Held: []plan.Held{}}
	p := plan.Make(contoso(), plan.Rules{
		Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"Sync with Salesforce"}, Protect: []string{"Don't Sync with Salesforce"},
	}, []plan.Mailbox{a, b, c})
	p.Tool, p.Created = "v0.1.0", clock()
	p.Skipped = []plan.Skipped{{Name: "gone@contoso.example", Reason: "no Exchange Online mailbox\x1b[1m"}}
	return p
}

func tagPlan() plan.Plan {
	meeting := step(anna(), 1, item.Events, "Planning | Q3")
	meeting.Hazards = []plan.Hazard{plan.MailsAttendees}
	steps := []plan.Step{step(anna(), 0, item.Contacts, "Grandma"), meeting}
	for i := range steps {
		steps[i].Action, steps[i].Before, steps[i].After = plan.SetCategories, []string{"Family"}, []string{"Family", "Personal"}
	}
	steps[0].Before, steps[0].After = []string{}, []string{"Personal"}
	p := plan.Make(contoso(), plan.Rules{Purpose: plan.TagPersonal, Kinds: item.Kinds(), Tag: "Personal", TagMeetings: true},
		[]plan.Mailbox{{Account: anna(), Items: 2, Steps: steps, Held: []plan.Held{}}})
	p.Tool, p.Created = "v0.1.0", clock()
	return p
}

// brokenRun is a run of purgePlan with every result that a step can have.
func brokenRun() run.Report {
	p := purgePlan()
	r := run.Report{Run: "20260703T101500Z-7f3a", Folder: `C:\riva\runs\7f3a`, Snapshot: "20260703T101400Z", Resumed: true}
	results := []journal.Result{journal.Skipped, journal.Refused, journal.Unknown, apply.Pending}
	box := apply.MailboxResult{Account: anna(), Failure: "throttled for too long\x1b[7m", Warnings: []string{`category "Personal" has no colour there`}}
	for i, s := range p.Mailboxes[0].Steps {
		if i%2 == 0 {
			box.Done++
			continue
		}
		result := results[i/2%len(results)]
		box.Others = append(box.Others, apply.Outcome{Account: anna(), Step: s, Result: result, Detail: "because <i>" + hostile.Common()[i]})
	}
	r.Result.Mailboxes = []apply.MailboxResult{box, {Account: boris(), Done: 2}, {Account: carla()}}
	r.Result.Done = box.Done + 2
	r.Result.Window = &apply.Window{Median: apply.Span(1250 * time.Millisecond), Widest: apply.Span(4800 * time.Millisecond)}
	for _, o := range box.Others {
		switch o.Result {
		case journal.Skipped:
			r.Result.Skipped++
		case journal.Refused:
			r.Result.Refused++
		case journal.Unknown:
			r.Result.Unknown++
		default:
			r.Result.Pending++
		}
	}
	return r
}

// rehearsedRun is the same run, of which nothing was done.
func rehearsedRun() run.Report {
	r := brokenRun()
	r.Folder, r.Resumed = "", false
	r.Rehearsal = &run.Rehearsal{
		Requests: 12_345, Writes: 19, Took: 34*time.Second + 80*time.Millisecond, Service: 100 * time.Millisecond, Network: 30 * time.Millisecond,
		Unknown: []string{"import-mails", "if-match-on-delete"},
	}
	for i, title := range hostile.Common() {
		r.Rehearsal.Mails = append(r.Rehearsal.Mails, run.Mail{
			Kind: "cancellation", From: "anna@contoso.example", To: []string{fmt.Sprintf("guest%d@other.example", i), title}, Subject: title,
		})
	}
	return r
}

func boxes() []inventory.Mailbox {
	items := []item.Item{}
	for i, title := range hostile.Common() {
		categories := []string{"Sync with Salesforce"}
		if i%3 == 0 {
			categories = []string{title}
		}
		if i%5 == 0 {
			categories = append(categories, "Don't Sync with Salesforce")
		}
		items = append(items, item.Item{
			Kind: item.Kinds()[i%3], Folder: item.Folder{Path: "Contacts/Sub " + title}, Title: title, Categories: categories, Created: clock().AddDate(0, 0, -37*i),
		})
	}
	items = append(items, item.Item{Kind: item.Tasks, Folder: item.Folder{Path: "Tasks"}, Title: "plain"})
	return []inventory.Mailbox{
		inventory.Count(anna(), items, []string{"Don't Sync with Salesforce"}, known()),
		inventory.Count(boris(), items[:2], nil, known()),
		inventory.Count(carla(), nil, nil, nil),
	}
}

// known are the built-in profiles.
func known() profile.Catalogue {
	all, err := profile.Builtin()
	if err != nil {
		panic(err)
	}
	return all
}

func backupView() SnapshotView {
	return SnapshotView{
		ID: "20260703T101400Z", Folder: "/srv/riva/snapshots/20260703T101400Z",
		Manifest: snapshot.Manifest{
			Format: 1, ID: "20260703T101400Z", Tool: "v0.1.0", Created: clock(), Tenant: contoso(), Kinds: item.Kinds(), Blobs: []snapshot.File{{Name: "ab", Bytes: 12_345_678}},
			Mailboxes: []snapshot.Mailbox{
				{Account: anna(), Folder: "aa", Counts: map[item.Kind]int{item.Contacts: 1200, item.Events: 340}, Files: []snapshot.File{{Name: "contacts.jsonl", Bytes: 1_234_567}}, Unreadable: []snapshot.Unreadable{{Kind: item.Events, Folder: "Calendar", ID: "AAMkU1", Title: "Broken\x1b[2J series", Error: "the exceptions of the series cannot be read"}}, ContactLists: 1200, Notices: []snapshot.Notice{
					{Kind: item.Events, Folder: "Calendar\x1b[2J", What: "the service counts 341 items here and lists 340<b>", Incomplete: true},
					{What: "the backup is without the mailbox settings: =access denied\x1b[1m"},
				}},
				{Account: boris(), Folder: "bb", Counts: map[item.Kind]int{item.Tasks: 7}, Files: []snapshot.File{{Name: "tasks.jsonl", Bytes: 999}}, Notices: []snapshot.Notice{
					{What: "the backup is without the mailbox settings: =access denied\x1b[1m"},
				}},
			},
		},
		Failures: []plan.Skipped{{Name: "gone@contoso.example", Reason: "no Exchange Online mailbox"}},
	}
}

func clock() time.Time { return time.Date(2026, 7, 3, 10, 15, 0, 0, time.UTC) }

func checkedRollout() RolloutChecked {
	return RolloutChecked{
		Name: "crm", Excluded: []string{"boss@contoso.example"}, Rooms: []string{"hall@contoso.example"}, Held: []string{"carla@contoso.example"},
		Waves: []rollout.Part{
			{Wave: "pilot", Accounts: []mailbox.Account{anna()}, Begun: true}, {Wave: "rest", Accounts: []mailbox.Account{boris(), carla()}},
		},
		Problems: []plan.Skipped{{Name: "ghost@contoso.example", Reason: "no Exchange Online mailbox"}},
	}
}

// stoodRollout has a mailbox in each state.
func stoodRollout() RolloutStood {
	one := func(wave string, a mailbox.Account, word rollout.Word, next rollout.Phase, detail string) rollout.Standing {
		return rollout.Standing{Account: a, Wave: wave, State: word, Phase: next, Deleted: 1234, Tagged: 56, Held: 7, Snapshot: "20260703T100000Z-1", Detail: detail}
	}
	other := func(name string) mailbox.Account { return mailbox.Account{ID: name, UPN: name + "@contoso.example"} }
	record := func(minute int, event rollout.Event, phase rollout.Phase, evidence string) rollout.Record {
		return rollout.Record{
			Time: clock().Add(time.Duration(minute) * time.Minute), By: "ann at <desk>", Event: event, Wave: "pilot", Phase: phase,
			Run: "purge-0123456789ab", Digest: "sha256:0123", Covers: []string{anna().ID}, Gate: gate.PlugIn, Evidence: evidence,
		}
	}
	return RolloutStood{
		Name: "crm", Tenant: contoso(), Rooms: []string{"hall@contoso.example"}, Skipped: []plan.Skipped{{Name: "ghost@contoso.example", Reason: "no Exchange Online mailbox"}},
		Waves: []rollout.WaveStanding{
			{Wave: "pilot", Phase: rollout.PhaseDone, Counts: map[string]int{"done": 1, "held": 1}, Mailboxes: []rollout.Standing{
				one("pilot", anna(), rollout.Done, rollout.PhaseDone, ""), one("pilot", boris(), rollout.Held, rollout.PhaseDone, ""),
			}},
			{Wave: "second", Phase: rollout.PhasePurge, Resume: "purge-0123456789ab", Counts: map[string]int{"failed": 1, "undone": 1, "backed-up": 1}, Mailboxes: []rollout.Standing{
				one("second", carla(), rollout.Failed, rollout.PhasePurge, "2 steps refused: <b>423</b>"), one("second", other("dora"), rollout.Undone, rollout.PhasePurge, "run purge-0123456789ab was undone"),
				one("second", other("emil"), rollout.BackedUp, rollout.PhaseTag, "3 of 9 steps to do"),
			}},
			{Wave: "rest", Phase: rollout.PhasePurge, Counts: map[string]int{"waiting": 1}, Mailboxes: []rollout.Standing{one("rest", other("fay"), rollout.Waiting, rollout.PhasePurge, "")}},
		},
		Records: []rollout.Record{
			record(0, rollout.Planned, rollout.PhasePurge, ""), record(1, rollout.Answered, rollout.PhasePurge, "contacts of Acme CRM: yes"), record(2, rollout.Begun, rollout.PhasePurge, ""),
			record(3, rollout.Nothing, rollout.PhaseTag, ""), record(4, rollout.Refuted, rollout.PhaseVerify, "2 items are there again"), record(5, rollout.Verified, rollout.PhaseVerify, ""),
		},
	}
}
