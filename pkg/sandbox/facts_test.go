package sandbox_test

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// factCase is a request that comes out one way or the other by a single fact.
type factCase struct {
	method, path, body, header string
	// send replaces the request where one is not enough.
	send func(w *world) reply
	// seen is what the fact decides.
	seen func(w *world, a reply) string
	// yes and no are what is seen where the fact is so, and where it is not.
	yes, no   string
	dangerous tenant.Fact
}

const staleVersion = `If-Match: W/"old"`

// factCases are one for every fact, by its name.
func factCases() map[string]factCase {
	status := func(_ *world, a reply) string { return strconv.Itoa(a.status) }
	mailed := func(w *world, _ reply) string {
		if len(w.box.Outbox()) == 0 {
			return "silence"
		}
		return string(w.box.Outbox()[0].Kind)
	}
	mails := func(method, path, body, kind string) factCase {
		return factCase{method: method, path: path, body: body, seen: mailed, yes: kind, no: "silence", dangerous: tenant.Yes}
	}
	enforced := func(method, path, body, done string) factCase {
		return factCase{method: method, path: path, body: body, header: staleVersion, seen: status, yes: "412", no: done, dangerous: tenant.No}
	}
	const none = `{"categories":[]}`
	return map[string]factCase{
		"CategoriesPatchMails":        mails("PATCH", "/events/AAmeeting", none, "update"),
		"PastMeetingDeleteMails":      mails("DELETE", "/events/AApast", "", "cancellation"),
		"DraftMeetingDeleteMails":     mails("DELETE", "/events/AAdraft", "", "cancellation"),
		"CancelledMeetingDeleteMails": mails("DELETE", "/events/AAcalledoff", "", "cancellation"),
		"PermanentDeleteMails":        mails("POST", "/events/AAmeeting/permanentDelete", "", "cancellation"),
		"ImportMails": {
			seen: mailed, yes: "invitation", no: "silence", dangerous: tenant.Yes,
			send: func(w *world) reply { return w.copyOf("AAmeeting", "calendar").want(w.t, 200) },
		},
		"IfMatchOnPatch":  enforced("PATCH", "/contacts/AAcontact1", none, "200"),
		"IfMatchOnDelete": enforced("DELETE", "/events/AAsingle", "", "204"),
		"IfMatchOnTasks":  enforced("PATCH", "/todo/lists/AAlist/tasks/AAtask1", none, "200"),
		"DisplayNameRecomputed": {
			method: "PATCH", path: "/contacts/AAcontact1", body: none, dangerous: tenant.Yes,
			seen: func(_ *world, a reply) string { return a.text("displayName") }, yes: "AAcontact1 Test", no: "Dr. AAcontact1",
		},
	}
}

// calledOff is the small tenant with one more meeting, cancelled already.
func calledOff() string {
	before := event("AApast", "2020-11-21", meeting)
	more := strings.Replace(event("AAcalledoff", "2026-11-23", meeting), `"isCancelled":false`, `"isCancelled":true`, 1)
	return strings.Replace(small(), before, before+","+more, 1)
}

func TestEveryFactBitesBothWays(t *testing.T) {
	cases := factCases()
	fields := reflect.TypeFor[tenant.Facts]()
	for n := range fields.NumField() {
		name := fields.Field(n).Name
		c, ok := cases[name]
		if !ok {
			t.Errorf("%s has no case that shows it biting", name)
			continue
		}
		delete(cases, name)
		if c.yes == c.no || c.dangerous == tenant.Unknown {
			t.Errorf("%s: the case tells nothing", name)
		}
		want := map[tenant.Fact]string{tenant.Yes: c.yes, tenant.No: c.no}
		want[tenant.Unknown] = want[c.dangerous]
		for fact, seen := range want {
			t.Run(name+"/"+fact.String(), func(t *testing.T) {
				var facts tenant.Facts
				reflect.ValueOf(&facts).Elem().Field(n).Set(reflect.ValueOf(fact))
				w := newWorld(t, calledOff(), sandbox.Options{Facts: facts, Now: clock})
				var headers []string
				if c.header != "" {
					headers = append(headers, c.header)
				}
				if c.send == nil {
					c.send = func(w *world) reply { return w.do(c.method, annUser+c.path, c.body, headers...) }
				}
				a := c.send(w)
				if got := c.seen(w, a); got != seen {
					t.Errorf("%s, want %s: %d %s", got, seen, a.status, a.raw)
				}
			})
		}
	}
	for name := range cases {
		t.Errorf("%s is no fact", name)
	}
}

func TestADisplayNameIsMadeOfWhatTheContactIsCalled(t *testing.T) {
	for members, want := range map[string]string{
		`"givenName":"Ada","middleName":"K","surname":"Byron"`:                      "Ada K Byron",
		`"givenName":"","surname":null,"companyName":"Fabrikam","fileAs":"F, Inc."`: "Fabrikam",
		`"givenName":null,"surname":null,"companyName":null,"fileAs":"Lab"`:         "Lab",
		`"givenName":null,"surname":null,"companyName":null,"fileAs":null`:          "Dr. AAcontact1",
	} {
		w := newWorld(t, small(), sandbox.Options{})
		at := annUser + "/contacts/AAcontact1"
		w.do("PATCH", at, `{"displayName":"Dr. AAcontact1",`+members+`}`).want(t, 200)
		if a := w.do("PATCH", at, `{"categories":[]}`).want(t, 200); a.text("displayName") != want {
			t.Errorf("%s: %s, want %s", members, a.text("displayName"), want)
		}
	}
}
