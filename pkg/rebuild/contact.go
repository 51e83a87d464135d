package rebuild

import (
	"encoding/json"
	"strings"
)

// contact makes a contact's recipe. Its names are always given, empty ones
// too: Exchange makes names of its own of what is left out (Graph docs,
// contact-update). The three e-mail slots follow from emailAddresses.
func (m *maker) contact(o object) {
	body := m.writable(contactShape(), o)
	for _, name := range []string{"displayName", "fileAs", "initials"} {
		if !body.has(name) {
			body.set(name, json.RawMessage("null"))
		}
	}
	if body.text("displayName") == "" {
		m.losses.add(DisplayName)
	}
	if birthday := body.text("birthday"); len(birthday) > dateLength && !strings.HasPrefix(birthday[dateLength:], "T11:59:00") {
		m.losses.add(BirthdayTime)
	}
	folder := m.line.Folder[strings.LastIndex(m.line.Folder, "/")+1:]
	if folder != m.line.Folder && !has(decode[[]string](body.get("categories")), folder) {
		m.losses.add(FolderCategory, folder)
	}
	m.mark(&body)
	m.body, m.recipe.Body = body, body.encode()
}

// dateLength is the length of a date as in 2026-01-31.
const dateLength = len("2026-01-31")
