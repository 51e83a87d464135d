package sandbox_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/access"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// asked is a request with the answer that it must get.
type asked struct {
	method, path, body string
	status             int
	code               string
}

func (a asked) of(w *world) {
	w.t.Helper()
	if got := w.do(a.method, a.path, a.body); got.status != a.status || got.code() != a.code {
		w.t.Errorf("%s %s: %d %q, want %d %q: %.200s", a.method, a.path, got.status, got.code(), a.status, a.code, got.raw)
	}
}

// without are all roles but one, and others instead of it.
func without(role string, instead ...string) []string {
	return append(slices.DeleteFunc(sandbox.AllRoles(), func(one string) bool { return one == role }), instead...)
}

func TestAMissingRoleIsRefusedInTheWordsOfTheService(t *testing.T) {
	const none = `{"categories":[]}`
	tasks, events := annUser+"/todo/lists/AAlist/tasks/AAtask1", annUser+"/calendars/AAcal/events/AAsingle"
	for role, refused := range map[string][]asked{
		"Tasks.ReadWrite.All": {
			{"GET", annUser + "/todo/lists", "", 401, "UnknownError"},
			{"PATCH", tasks, none, 401, "UnknownError"},
		},
		"Contacts.ReadWrite": {
			{"GET", annUser + "/contacts", "", 403, "ErrorAccessDenied"},
			{"GET", annUser + "/contactFolders/contacts/contacts", "", 403, "ErrorAccessDenied"},
			{"DELETE", annUser + "/contacts/AAcontact1", "", 403, "ErrorAccessDenied"},
		},
		"Calendars.ReadWrite": {
			{"GET", annUser + "/calendars", "", 403, "ErrorAccessDenied"},
			{"GET", annUser + "/events/AAsingle", "", 403, "ErrorAccessDenied"},
			{"PATCH", events, none, 403, "ErrorAccessDenied"},
		},
		"MailboxSettings.ReadWrite": {
			{"GET", annUser + "/mailboxSettings/userPurpose", "", 403, "ErrorAccessDenied"},
			{"GET", annUser + "/outlook/masterCategories", "", 403, "ErrorAccessDenied"},
		},
		"User.Read.All": {
			{"GET", "/users", "", 403, "Authorization_RequestDenied"},
			{"GET", annUser, "", 403, "Authorization_RequestDenied"},
		},
		"GroupMember.Read.All":  {{"GET", "/groups/g1/transitiveMembers", "", 403, "Authorization_RequestDenied"}},
		"Organization.Read.All": {{"GET", "/organization", "", 403, "Authorization_RequestDenied"}},
	} {
		all, less := newWorld(t, small(), sandbox.Options{}), newWorld(t, small(), sandbox.Options{Roles: without(role)})
		for _, one := range refused {
			one.of(less)
			if got := all.do(one.method, one.path, one.body); got.status >= 400 {
				t.Errorf("%s %s with all roles: %d %s", one.method, one.path, got.status, got.raw)
			}
		}
	}
}

func TestARoleToReadDoesNotWrite(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Roles: without("Contacts.ReadWrite", "Contacts.Read")})
	asked{"GET", annUser + "/contacts/AAcontact1", "", 200, ""}.of(w)
	asked{"DELETE", annUser + "/contacts/AAcontact1", "", 403, "ErrorAccessDenied"}.of(w)
	w = newWorld(t, small(), sandbox.Options{Roles: without("Tasks.ReadWrite.All", "Tasks.Read.All")})
	asked{"GET", annUser + "/todo/lists", "", 200, ""}.of(w)
	asked{"DELETE", annUser + "/todo/lists/AAlist/tasks/AAtask1", "", 401, "UnknownError"}.of(w)
	answer := w.do("POST", "/$batch", batch(`{"id":"1","method":"DELETE","url":"`+annUser+`/todo/lists/AAlist/tasks/AAtask1"}`)).want(t, 200)
	if !strings.Contains(string(answer.raw), `"status":401`) {
		t.Errorf("in a batch: %s", answer.raw)
	}
	asked{"GET", "/organization", "", 200, ""}.of(newWorld(t, small(), sandbox.Options{Roles: []string{"Directory.Read.All"}}))
}

func TestCloudsLackServices(t *testing.T) {
	lists, categories := annUser+"/todo/lists", annUser+"/outlook/masterCategories"
	purge := asked{"POST", annUser + "/contacts/AAcontact1/permanentDelete", "", 400, "BadRequest"}
	for cloud, want := range map[access.Cloud][]asked{
		"":              {{"GET", lists, "", 200, ""}, {"GET", categories, "", 200, ""}, {"POST", purge.path, "", 204, ""}},
		access.Global:   {{"GET", lists, "", 200, ""}, {"GET", categories, "", 200, ""}, {"POST", purge.path, "", 204, ""}},
		access.USGov:    {{"GET", lists, "", 200, ""}, {"GET", categories, "", 200, ""}, purge},
		access.USGovDoD: {{"GET", lists, "", 200, ""}, {"GET", categories, "", 200, ""}, purge},
		access.China:    {{"GET", lists, "", 400, "BadRequest"}, {"GET", categories, "", 400, "BadRequest"}, purge},
	} {
		w := newWorld(t, small(), sandbox.Options{Cloud: cloud})
		asked{"GET", annUser + "/contacts", "", 200, ""}.of(w)
		for _, one := range want {
			one.of(w)
		}
	}
	if len(access.Clouds()) != 4 {
		t.Errorf("there are %q", access.Clouds())
	}
}

// inState is the small tenant with Ann's mailbox in a state.
func inState(state string) string {
	return strings.Replace(small(), `"displayName":"Ann",`, `"displayName":"Ann","state":"`+state+`",`, 1)
}

func TestStatesOfMailboxes(t *testing.T) {
	list, tasks, delta := annUser+"/contacts", annUser+"/todo/lists", annUser+"/todo/lists/delta"
	const contact = `{"givenName":"New"}`
	for state, want := range map[string][]asked{
		"onPremises": {
			{"GET", list, "", 404, "MailboxNotEnabledForRESTAPI"},
			{"GET", list, "", 404, "ResourceNotFound"},
			{"GET", list, "", 404, "MailboxNotEnabledForRESTAPI"},
		},
		"inactive": {{"GET", list, "", 404, "MailboxNotEnabledForRESTAPI"}, {"GET", list, "", 404, "MailboxNotEnabledForRESTAPI"}},
		"overQuota": {
			{"GET", list, "", 200, ""},
			{"GET", tasks, "", 200, ""},
			{"POST", list, contact, 403, "ErrorQuotaExceeded"},
			{"GET", delta, "", 403, "accessDenied/ErrorQuotaExceeded"},
			{"PATCH", list + "/AAcontact1", `{"categories":[]}`, 200, ""},
			{"DELETE", list + "/AAcontact1", "", 204, ""},
			{"POST", list + "/AAcontact2/permanentDelete", "", 204, ""},
		},
		"outOfScope": {
			{"GET", list, "", 403, "ErrorAccessDenied"},
			{"GET", annUser + "/events", "", 403, "ErrorAccessDenied"},
			{"GET", annUser + "/mailboxSettings", "", 403, "ErrorAccessDenied"},
			{"GET", tasks, "", 200, ""},
		},
		"moving": {{"GET", list, "", 503, "ErrorMailboxMoveInProgress"}, {"GET", tasks, "", 503, "invalidRequest/ErrorMailboxMoveInProgress"}},
	} {
		w := newWorld(t, inState(state), sandbox.Options{})
		for _, one := range want {
			one.of(w)
		}
		asked{"GET", "/users/" + bob + "/contacts", "", 200, ""}.of(w)
		a := w.get(annUser).want(t, 200)
		if _, shown := a.json["state"]; shown {
			t.Errorf("%s: the directory shows the state: %s", state, a.raw)
		}
		if kept := string(w.get(host+"/sandbox/tenant").want(t, 200).raw); !strings.Contains(kept, `"state":"`+state+`"`) {
			t.Errorf("%s is not in the tenant file that is written", state)
		}
	}
	if states := tenant.States(); len(states) != 5 {
		t.Errorf("there are %q", states)
	}
}

func TestOutOfScopeSaysSo(t *testing.T) {
	w := newWorld(t, inState("outOfScope"), sandbox.Options{})
	if a := w.get(annUser + "/contacts"); !strings.Contains(string(a.raw), "Access to OData is disabled.") {
		t.Errorf("the answer is %s", a.raw)
	}
}

func TestAMoveEnds(t *testing.T) {
	for state, lasts := range map[string]time.Duration{"moving": tenant.MoveTime, "moving:90s": 90 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, inState(state), sandbox.Options{})
			time.Sleep(lasts - time.Nanosecond)
			asked{"GET", annUser + "/contacts", "", 503, "ErrorMailboxMoveInProgress"}.of(w)
			time.Sleep(time.Nanosecond)
			asked{"GET", annUser + "/contacts", "", 200, ""}.of(w)
		})
	}
}

func TestStatesAreSetByName(t *testing.T) {
	load := func(file string) (*tenant.Tenant, error) { return tenant.Load(strings.NewReader(file)) }
	model, err := load(inState("inactive"))
	if err != nil {
		t.Fatal(err)
	}
	for name, state := range map[string]string{ann: "", "Bob@contoso.example": "overQuota", "cid@contoso.example": "moving:1m30s"} {
		if err := model.SetState(name, state); err != nil {
			t.Error(err)
		}
	}
	w := worldOf(t, model, sandbox.Options{})
	asked{"GET", annUser + "/contacts", "", 200, ""}.of(w)
	asked{"POST", "/users/" + bob + "/contacts", `{}`, 403, "ErrorQuotaExceeded"}.of(w)
	for _, wrong := range [][2]string{{"nobody@contoso.example", "moving"}, {ann, "asleep"}, {ann, "moving:soon"}, {ann, "inactive:9s"}, {ann, ":9s"}, {ann, "moving:-1s"}} {
		if err := model.SetState(wrong[0], wrong[1]); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
	if _, err := load(inState("asleep")); err == nil || !strings.Contains(err.Error(), "overQuota") {
		t.Errorf("a file with an unknown state: %v", err)
	}
}
