package report

import (
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/run"
)

type rehearsalData struct {
	Requests int     `json:"requests"`
	Writes   int     `json:"writes"`
	Seconds  float64 `json:"seconds"`
	// ServiceSeconds and NetworkSeconds are assumed for each request, the latter
	// for each way.
	ServiceSeconds float64    `json:"serviceSeconds"`
	NetworkSeconds float64    `json:"networkSeconds"`
	UnknownFacts   []string   `json:"unknownFacts"`
	Mails          []run.Mail `json:"mails"`
}

func newRehearsalData(r *run.Rehearsal) *rehearsalData {
	if r == nil {
		return nil
	}
	return &rehearsalData{
		Requests: r.Requests, Writes: r.Writes, Seconds: r.Took.Seconds(), ServiceSeconds: r.Service.Seconds(),
		NetworkSeconds: r.Network.Seconds(), UnknownFacts: list(r.Unknown), Mails: list(r.Mails),
	}
}

// rehearsed says that nothing was done, what it would take, and who would get
// mail.
func (d *document) rehearsed(r *run.Rehearsal, limit int) {
	if r == nil {
		return
	}
	d.Tell(sheet.Care, "nothing was changed: this is what the run would do to the mailboxes as they are in the backup")
	d.Heading("it would take " + r.Took.Round(time.Second).String())
	d.Say("%s requests, %s of them changes, assuming %s in service and %s each way for each of them; what others do meanwhile, faults and a busy service are not foreseen",
		words.Number(r.Requests), words.Number(r.Writes), r.Service, r.Network)
	d.mails(r, limit)
}

// mails lists those that would go out, the reason being what nobody knows.
func (d *document) mails(r *run.Rehearsal, limit int) {
	t := sheet.NewTable(limit, sheet.Word("kind"), sheet.Words("from"), sheet.Words("to"), sheet.Words("subject"))
	for _, m := range r.Mails {
		t.Add(sheet.Text(m.Kind), sheet.Text(m.From), sheet.Bad.Text(strings.Join(m.To, ", ")), sheet.Text(m.Subject))
	}
	count := "none"
	if n := len(r.Mails); n > 0 {
		count = words.Number(n)
	}
	d.Heading("mails that would go out: " + count)
	d.Add(t)
	if len(r.Unknown) > 0 {
		d.Say("nobody knows of Exchange, and it was taken at its worst: %s", strings.Join(r.Unknown, ", "))
	}
}
