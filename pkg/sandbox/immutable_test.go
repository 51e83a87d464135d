package sandbox_test

import (
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// A tenant file can say which immutable ids its items have, so that a copy of a
// mailbox answers to the ids of the original.
func TestImmutableIDsOfTheFileAreServed(t *testing.T) {
	attachment := `{"@odata.type":"#microsoft.graph.fileAttachment","id":"AAdefault","immutableId":"IMattachment","name":"a.txt","contentBytes":"YQ=="}`
	series := `,"type":"seriesMaster","immutableId":"IMseries","attachments":[` + attachment + `],"recurrence":{"pattern":{"type":"daily","interval":1},"range":{"type":"numbered","startDate":"2026-11-23","numberOfOccurrences":4}},` +
		`"cancelledOccurrences":["OID.AAnamed.2026-11-24"],"exceptionOccurrences":[` +
		event("AAmoved", "2026-11-25", `,"type":"exception","immutableId":"IMmoved","seriesMasterId":"AAnamed","originalStart":"2026-11-25T10:00:00Z"`) + `]`
	before := event("AApast", "2020-11-21", meeting)
	w := newWorld(t, strings.Replace(small(), before, before+","+event("AAnamed", "2026-11-23", series), 1), sandbox.Options{Now: clock})
	const prefer = `Prefer: IdType="ImmutableId"`
	for asked, want := range map[string]string{"AAnamed": "IMseries", "IMseries": "IMseries", "AAmoved": "IMmoved", "IMmoved": "IMmoved"} {
		a := w.get(annUser+"/events/"+asked, prefer).want(t, 200)
		if a.text("id") != want || a.json["immutableId"] != nil {
			t.Errorf("%s: %.300s", asked, a.raw)
		}
		if got := w.get(annUser+"/events/"+asked).want(t, 200).text("id"); !strings.HasPrefix(got, "AA") {
			t.Errorf("%s without the preference is %s", asked, got)
		}
	}
	whole := w.get(annUser+"/events/IMseries?$select=exceptionOccurrences,cancelledOccurrences&$expand=exceptionOccurrences", prefer).want(t, 200)
	if text := string(whole.raw); !strings.Contains(text, `"id":"IMmoved"`) || !strings.Contains(text, `"seriesMasterId":"IMseries"`) || !strings.Contains(text, "OID.IMseries.2026-11-24") {
		t.Errorf("series: %s", text)
	}
	if got := w.get(annUser+"/events/IMseries/attachments", prefer).want(t, 200).ids(); len(got) != 1 || got[0] != "IMattachment" {
		t.Errorf("attachments: %q", got)
	}
	w.get(annUser+"/events/IMseries/attachments/IMattachment", prefer).want(t, 200)
	for _, o := range w.all(annUser+"/events/IMseries/instances?startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-12-01T00:00:00Z", prefer) {
		if o["type"] == "occurrence" && (o["id"] == "IMseries" || o["immutableId"] != nil) {
			t.Errorf("an occurrence bears the id of its series: %v", o["id"])
		}
	}
	w.do("DELETE", annUser+"/events/IMseries", "").want(t, 204)
	if a := w.get(annUser+"/events/IMseries", prefer).want(t, 200); a.text("id") != "IMseries" {
		t.Errorf("after the move: %s", a.text("id"))
	}
}
