package safetext

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// pathWords are the words of Graph's and Entra's paths, lower-case. They name
// kinds of things and never one thing, so a log may show them.
var pathWords = words(`
	v1.0 beta common organizations oauth2 v2.0 token authorize .well-known openid-configuration discovery instance
	$batch $count $value $ref delta me users groups members transitivemembers organization
	mailboxsettings outlook mastercategories photo photos
	contacts contactfolders childfolders
	calendar calendars calendargroups calendarview events instances
	accept decline tentativelyaccept cancel forward permanentdelete
	todo lists tasks checklistitems linkedresources
	attachments attachmentsessions createuploadsession content extensions
	admin exchange mailboxes folders items settings exportitems createimportsession
	sandbox outbox tenant requests`)

// queryWords are the query options whose name, never whose value, is shown.
var queryWords = words(`
	$top $skip $skiptoken $deltatoken $select $filter $expand $orderby $count $search
	startdatetime enddatetime api-version authorization_endpoint`)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	return set
}

// URL gives u for a log: the host, the words of the path that are known to
// name a kind of thing, and the names of known query options. Ids, addresses,
// values, user names, passwords and fragments become "…", and so does all
// that is not known:
//
//	https://graph.microsoft.com/v1.0/users/…/contacts?$skip=…&$top=…
func URL(u *url.URL) string {
	if u == nil {
		return ""
	}
	var b strings.Builder
	if u.Scheme != "" {
		b.WriteString(Terminal(u.Scheme) + ":")
	}
	if u.Opaque != "" {
		return b.String() + "…"
	}
	if u.Host != "" {
		b.WriteString("//" + Terminal(u.Host))
	}
	for i, segment := range strings.Split(u.Path, "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(pathWord(segment))
	}
	if u.RawQuery != "" {
		b.WriteString("?" + queryNames(u.RawQuery))
	}
	return b.String()
}

// pathWord keeps a known word, also in its call forms delta() and users('id').
func pathWord(segment string) string {
	word, arguments, call := strings.Cut(segment, "(")
	switch {
	case segment == "":
		return ""
	case !pathWords[strings.ToLower(word)]:
		return "…"
	case !call:
		return word
	case arguments == ")":
		return word + "()"
	}
	return word + "(…)"
}

// queryNames drops what cannot be parsed, like any value.
func queryNames(query string) string {
	values, _ := url.ParseQuery(query)
	shown := map[string]bool{}
	for name := range values {
		if queryWords[strings.ToLower(name)] {
			shown[name+"=…"] = true
		} else {
			shown["…"] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(shown)), "&")
}
