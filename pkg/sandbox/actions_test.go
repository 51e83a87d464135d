package sandbox_test

import (
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

const bobUser = "/users/" + bob

// silent are the facts under which no plain change mails anybody.
var silent = tenant.Facts{
	CategoriesPatchMails: tenant.No, PastMeetingDeleteMails: tenant.No, DraftMeetingDeleteMails: tenant.No,
	CancelledMeetingDeleteMails: tenant.No, PermanentDeleteMails: tenant.No,
}

func TestCancel(t *testing.T) {
	const all = "out@fabrikam.example+bob@contoso.example"
	for id, want := range map[string]string{
		"AAmeeting": "cancellation to " + all + " about about AAmeeting", "AApast": "cancellation to " + all + " about about AApast",
		"AAdraft": "cancellation to " + all + " about about AAdraft", "AAseries==": "cancellation to " + all + " about about AAseries==",
		"AAsingle": "",
	} {
		w := newWorld(t, small(), sandbox.Options{Facts: silent, Now: clock})
		w.do("POST", annUser+"/events/"+id+"/cancel", `{"Comment":"off"}`).want(t, 202)
		if got := mails(w.box.Outbox()); got != want {
			t.Errorf("%s mailed %q, want %q", id, got, want)
		}
		if _, deleted := w.stored(id); !deleted {
			t.Errorf("%s is not in Deleted Items", id)
		}
		if other, _ := w.stored("AAbobcopy"); other.Bool("isCancelled", false) != (id == "AAmeeting") {
			t.Errorf("%s: the attendee's copy is %s", id, other)
		}
	}
	w := newWorld(t, small(), sandbox.Options{})
	w.do("POST", annUser+"/events/AAexception/cancel", "").want(t, 202)
	w.get(annUser+"/events/AAexception").want(t, 404)
	if got := mails(w.box.Outbox()); got != "cancellation to "+all+" about about AAexception" {
		t.Errorf("an exception's cancellation mailed %q", got)
	}
}

func TestResponses(t *testing.T) {
	const mailed = "response to ann@contoso.example about about AAbobcopy"
	for _, c := range []struct{ action, body, response, mails string }{
		{"accept", `{}`, "accepted", mailed},
		{"accept", `{"sendResponse":false}`, "accepted", ""},
		{"tentativelyAccept", ``, "tentativelyAccepted", mailed},
		{"tentativelyAccept", `{"SendResponse":false}`, "tentativelyAccepted", ""},
		{"decline", `{"comment":"no","sendResponse":true}`, "declined", mailed},
		{"decline", `{"sendResponse":false}`, "declined", ""},
	} {
		t.Run(c.action+c.body, func(t *testing.T) {
			w := newWorld(t, small(), sandbox.Options{Now: clock})
			w.do("POST", bobUser+"/events/AAbobcopy/"+c.action, c.body).want(t, 202)
			if got := mails(w.box.Outbox()); got != c.mails {
				t.Errorf("mailed %q, want %q", got, c.mails)
			}
			for _, m := range w.box.Outbox() {
				if m.From != "bob@contoso.example" || m.EventID != "AAbobcopy" {
					t.Errorf("the mail is %+v", m)
				}
			}
			own, deleted := w.stored("AAbobcopy")
			if deleted != (c.response == "declined") {
				t.Errorf("in Deleted Items: %t", deleted)
			}
			if got := own.Object("responseStatus").Text("response"); !deleted && got != c.response {
				t.Errorf("the copy says %q", got)
			}
			organizers, _ := w.stored("AAmeeting")
			told := ""
			for _, attendee := range organizers.Objects("attendees") {
				if attendee.Object("emailAddress").Text("address") == "bob@contoso.example" {
					told = attendee.Object("status").Text("response")
				}
			}
			if c.mails == "" && told != "" || c.mails != "" && told != c.response {
				t.Errorf("the organizer's meeting says %q", told)
			}
		})
	}
}

func TestActionsRefuse(t *testing.T) {
	for _, c := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"POST", bobUser + "/events/AAbobcopy/cancel", `{}`, 400, "ErrorInvalidRequest"},
		{"POST", annUser + "/events/AAmeeting/accept", `{}`, 400, "ErrorInvalidRequest"},
		{"POST", annUser + "/events/AAmeeting/decline", `{"sendResponse":false}`, 400, "ErrorInvalidRequest"},
		{"GET", annUser + "/events/AAmeeting/cancel", "", 405, "ErrorInvalidRequest"},
		{"POST", annUser + "/events/AAmeeting/cancel", `{"reason":"x"}`, 400, "BadRequest"},
		{"POST", annUser + "/events/AAmeeting/cancel/now", `{}`, 400, "BadRequest"},
		{"POST", annUser + "/events/AAholiday/cancel", `{}`, 403, "ErrorAccessDenied"},
		{"POST", annUser + "/events/AAnone/cancel", `{}`, 404, "ErrorItemNotFound"},
		{"POST", bobUser + "/events/AAbobcopy/decline", `{"sendResponse":"no"}`, 400, "BadRequest"},
		{"POST", bobUser + "/events/AAbobcopy/decline", `{"sendResponse":false,"comment":"x"}`, 400, "ErrorInvalidParameter"},
		{"POST", bobUser + "/events/AAbobcopy/decline", `{"sendResponse":false,"proposedNewTime":{}}`, 400, "ErrorInvalidParameter"},
		{"POST", bobUser + "/events/AAbobcopy/accept", `{"proposedNewTime":{}}`, 400, "BadRequest"},
		{"GET", annUser + "/contacts/AAcontact1/permanentDelete", "", 405, "ErrorInvalidRequest"},
		{"POST", annUser + "/todo/lists/AAlist/tasks/AAtask1/permanentDelete", "", 405, "invalidRequest/ErrorInvalidRequest"},
		{"PUT", annUser + "/contacts/AAcontact1/photo/$value", `{}`, 415, "UnsupportedMediaType"},
		{"PUT", annUser + "/contacts/AAcontact1/photo", `{}`, 405, "ErrorInvalidRequest"},
		{"DELETE", annUser + "/contacts/AAcontact1/photo", "", 404, "ErrorItemNotFound"},
		{"DELETE", annUser + "/contacts/AAcontact3/photo/$value", "", 405, "ErrorInvalidRequest"},
	} {
		t.Run(c.method+c.path+c.body, func(t *testing.T) {
			w := newWorld(t, small(), sandbox.Options{})
			before := string(w.get(host + "/sandbox/tenant").raw)
			w.do(c.method, c.path, c.body).want(t, c.status, c.code)
			if after := string(w.get(host + "/sandbox/tenant").raw); after != before || len(w.box.Outbox()) > 0 {
				t.Error("what is refused has changed the tenant or mailed somebody")
			}
		})
	}
}

func TestPermanentDelete(t *testing.T) {
	for _, id := range []string{"/contacts/AAcontact2", "/contactFolders/AAchild/contacts/AAcontact4", "/events/AAsingle", "/calendars/AAbobs/events/AAbobevent"} {
		w := newWorld(t, small(), sandbox.Options{})
		immutable := w.get(annUser+id, `Prefer: IdType="ImmutableId"`).want(t, 200).text("id")
		at := id[:strings.LastIndex(id, "/")+1]
		w.do("POST", annUser+id+"/permanentDelete", "").want(t, 204)
		for _, gone := range []string{id[len(at):], immutable} {
			w.get(annUser+at+gone).want(t, 404, "ErrorItemNotFound")
		}
		if item, _ := w.stored(id[len(at):]); item != nil {
			t.Errorf("%s is still somewhere: %s", id, item)
		}
	}
}

func TestPhotos(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	at := annUser + "/contacts/AAcontact1"
	before := w.get(at).text("@odata.etag")
	w.do("PUT", at+"/photo/$value", "\xff\xd8first", "Content-Type: image/jpeg").want(t, 200)
	w.do("PATCH", at+"/photo/$value", "\x89PNG", "Content-Type: image/png").want(t, 200)
	if a := w.get(at+"/photo/$value").want(t, 200); string(a.raw) != "\x89PNG" || a.header.Get("Content-Type") != "image/png" {
		t.Errorf("the photo is %q, %s", a.raw, a.header.Get("Content-Type"))
	}
	if a := w.get(at+"/photo").want(t, 200); a.text("@odata.mediaContentType") != "image/png" {
		t.Errorf("the photo is described as %s", a.raw)
	}
	contact := w.get(at)
	if contact.text("@odata.etag") == before || contact.json["photo"] != nil || contact.text("displayName") != "Dr. AAcontact1" {
		t.Errorf("the contact is %s", contact.raw)
	}
	w.do("DELETE", at+"/photo", "").want(t, 204)
	w.get(at+"/photo").want(t, 404, "ErrorItemNotFound")
	w.do("PUT", annUser+"/contacts/AAcontact3/photo/$value", "").want(t, 200)
	w.get(annUser+"/contacts/AAcontact3/photo").want(t, 404, "ErrorItemNotFound")
	if stored, _ := w.stored("AAcontact3"); stored.Has("photo") {
		t.Errorf("the contact is %s", stored)
	}
}
