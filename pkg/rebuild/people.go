package rebuild

import (
	"cmp"
	"encoding/json"
	"html"
	"strings"
	"unicode"
)

// notes are lines that say who was invited to a meeting and by whom, and where
// it was held online if the body does not; none for other events.
func notes(o object) []string {
	var lines []string
	people := objects(o.get("attendees"))
	if len(people) > 0 || foreign(o) {
		lines = append(lines, "People of this meeting when it was backed up; restoring it has invited nobody.")
		if organizer, err := parse(o.get("organizer")); err == nil {
			lines = append(lines, "Organizer: "+person(organizer))
		}
	}
	for _, p := range people {
		lines = append(lines, role(p.text("type"))+": "+person(p)+answered(p))
	}
	link := decode[struct{ JoinURL string }](o.get("onlineMeeting")).JoinURL
	for _, url := range []string{link, o.text("onlineMeetingUrl")} {
		if url != "" && !mentions(o, url) {
			lines = append(lines, "Online meeting: "+oneLine(url))
		}
	}
	return lines
}

// mentions says whether an event's body holds the address.
func mentions(o object, url string) bool {
	content := decode[struct{ Content string }](o.get("body")).Content
	return strings.Contains(content, url) || strings.Contains(content, html.EscapeString(url))
}

func role(kind string) string {
	switch strings.ToLower(kind) {
	case "required":
		return "Required"
	case "optional":
		return "Optional"
	case "resource":
		return "Resource"
	default:
		return "Invited"
	}
}

// person is a name with an address, as far as there are both.
func person(p object) string {
	who := decode[struct{ Name, Address string }](p.get("emailAddress"))
	name, address := oneLine(who.Name), oneLine(who.Address)
	switch {
	case address == "":
		return name
	case name == "" || name == address:
		return address
	}
	return name + " <" + address + ">"
}

func answered(p object) string {
	said := ""
	switch decode[struct{ Response string }](p.get("status")).Response {
	case "accepted":
		said = ", accepted"
	case "declined":
		said = ", declined"
	case "tentativelyAccepted":
		said = ", accepted tentatively"
	case "organizer":
		said = ", organizer"
	}
	other := decode[struct{ Start, End moment }](p.get("proposedNewTime"))
	if other.Start.DateTime == "" {
		return said
	}
	return said + ", proposed " + oneLine(other.Start.DateTime+" to "+other.End.DateTime+" "+other.End.TimeZone)
}

// oneLine keeps remote text from pretending to be a line of ours.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s))
}

// withNotes puts lines before what a body says, in the body's own form.
func withNotes(raw json.RawMessage, lines []string) json.RawMessage {
	body, err := parse(raw)
	if err != nil {
		body = object{}
	}
	content := body.text("content")
	switch form := body.text("contentType"); {
	case strings.EqualFold(form, "html"):
		content = intoHTML(content, lines)
	default:
		body.set("contentType", value(cmp.Or(form, "text")))
		content = strings.Join(lines, "\r\n") + "\r\n\r\n" + content
	}
	body.set("content", value(content))
	return body.encode()
}

func intoHTML(content string, lines []string) string {
	escaped := make([]string, len(lines))
	for i, line := range lines {
		escaped[i] = html.EscapeString(line)
	}
	at := afterBodyTag(content)
	return content[:at] + "<div>" + strings.Join(escaped, "<br>") + "</div><br>" + content[at:]
}

// afterBodyTag is where the text of a page begins: behind its body tag, or at
// once where it has none.
func afterBodyTag(page string) int {
	from := strings.Index(strings.ToLower(page), "<body")
	// Lower case may be longer than what it is of.
	if from < 0 || !strings.EqualFold(page[from:min(len(page), from+5)], "<body") {
		return 0
	}
	quote := rune(0)
	for i, r := range page[from:] {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case r == '>':
			return from + i + 1
		}
	}
	return 0
}
