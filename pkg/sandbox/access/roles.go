package access

import (
	"net/http"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// need are the roles for a resource, one of which is enough (Graph docs,
// permissions-reference).
type need struct{ read, write []string }

var directoryNeeds = map[string]need{
	"users":        {read: []string{"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All"}},
	"groups":       {read: []string{"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"}},
	"organization": {read: []string{"Organization.Read.All", "Directory.Read.All"}},
}

var mailboxNeeds = func() map[string]need {
	named := func(name, all string) need {
		write := name + ".ReadWrite" + all
		return need{[]string{name + ".Read" + all, write}, []string{write}}
	}
	contacts, calendars, settings := named("Contacts", ""), named("Calendars", ""), named("MailboxSettings", "")
	return map[string]need{
		"contacts": contacts, "contactfolders": contacts,
		"calendar": calendars, "calendars": calendars, "calendarview": calendars, "events": calendars,
		"mailboxsettings": settings, "outlook": settings,
		"todo": named("Tasks", ".All"),
	}
}()

// checkRoles refuses a request for which the token has no role, in the words of
// the service that is asked.
func checkRoles(r *wire.Request) error {
	if len(r.Path) < 3 || !strings.EqualFold(r.Path[0], "users") {
		n, known := directoryNeeds[strings.ToLower(first(r.Path))]
		if !known || granted(r, n) {
			return nil
		}
		return &wire.Fail{Status: http.StatusForbidden, Code: "Authorization_RequestDenied", Message: "Insufficient privileges to complete the operation."}
	}
	resource := strings.ToLower(r.Path[2])
	n, known := mailboxNeeds[resource]
	switch {
	case !known || granted(r, n):
		return nil
	case resource == "todo": // observed in the field, with the empty message
		return &wire.Fail{Status: http.StatusUnauthorized, Code: "UnknownError"}
	}
	return &wire.Fail{Status: http.StatusForbidden, Code: "ErrorAccessDenied", Message: "Access is denied. Check credentials and try again."}
}

func first(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[0]
}

// granted tells whether one of the roles that the method needs is in the token.
// Where nothing can be written, reading is all that is asked for.
func granted(r *wire.Request, n need) bool {
	roles := n.read
	if r.Method != http.MethodGet && r.Method != http.MethodHead && n.write != nil {
		roles = n.write
	}
	return slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(r.Roles, role) })
}
