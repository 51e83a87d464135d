package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// writeTenant writes a tenant with one mailbox of n items: six contacts to
// three events and one task, of sizes as real ones have.
func writeTenant(name string, n int) error {
	return writeFleet(name, 1, n)
}

// writeFleet writes a tenant with so many mailboxes of n items each.
func writeFleet(name string, boxes, n int) error {
	return write(name, func(out *bufio.Writer) {
		for box := range boxes {
			if box > 0 {
				fmt.Fprint(out, ",\n")
			}
			mailbox(out, fmt.Sprintf("%04x", box), n, func(int) string { return notes })
		}
	})
}

// The mailboxes of a large tenant: one that is full, and one that is empty.
const (
	largeFrom = "000a@bench.example"
	largeTo   = "000b@bench.example"
)

// writeLarge writes a tenant with a mailbox of n items of 1 KB to 1 MB: 40 KB
// on average, most of them below 20 KB.
func writeLarge(name string, n int) error {
	chance := rand.New(rand.NewPCG(4, 1))
	text := func(int) string {
		size := 1_000 + chance.IntN(19_000)
		if chance.IntN(100) < 6 {
			size = 20_000 + chance.IntN(980_000)
		}
		return prose(chance, size)
	}
	return write(name, func(out *bufio.Writer) {
		mailbox(out, "000a", n, text)
		fmt.Fprint(out, ",\n")
		mailbox(out, "000b", 0, text)
	})
}

// prose is text as people write it, with what JSON has to escape.
func prose(chance *rand.Rand, size int) string {
	var out strings.Builder
	out.Grow(size + 20)
	words := []string{"offer", "meeting", "Straße", "the ", "of ", "\"quoted\"", "München", "and", "2026", "Łódź", "contract", "a", "reference", "日本"}
	for out.Len() < size {
		out.WriteString(words[chance.IntN(len(words))])
		if chance.IntN(12) == 0 {
			out.WriteString("\r\n")
		}
		fmt.Fprintf(&out, " %x ", chance.Uint32())
	}
	return out.String()
}

func write(name string, users func(*bufio.Writer)) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	fmt.Fprint(out, `{"tenantId":"11111111-2222-4333-8444-555555555555","displayName":"Bench","groups":[],"users":[`)
	users(out)
	fmt.Fprint(out, "]}\n")
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// mailbox writes a user, four hexadecimal digits, with n items whose text is as
// text says. Ids are told apart by it.
func mailbox(out *bufio.Writer, user string, n int, text func(int) string) {
	fmt.Fprintf(out, `{"id":"66666666-7777-4888-9999-00000000%[1]s","userPrincipalName":"%[1]s@bench.example","mail":"%[1]s@bench.example","displayName":"A",
"userPurpose":"user","mailbox":true,"masterCategories":[],
"contactFolders":[{"id":"folder-contacts","displayName":"Contacts","parentFolderId":null,"wellKnownName":"contacts","contacts":[`, user)
	items(out, n*6/10, func(i int) string { return contact(user, i, text(i)) })
	fmt.Fprintf(out, `]}],
"calendars":[{"id":"folder-calendar","name":"Calendar","isDefaultCalendar":true,"canEdit":true,"owner":{"name":"A","address":"%s@bench.example"},"events":[`, user)
	items(out, n*3/10, func(i int) string { return event(user, i, text(i)) })
	fmt.Fprint(out, `]}],
"todoLists":[{"id":"folder-tasks","displayName":"Tasks","isOwner":true,"isShared":false,"wellknownListName":"defaultList","tasks":[`)
	items(out, n/10, func(i int) string { return task(user, i, text(i)) })
	fmt.Fprint(out, "]}]}")
}

func items(out *bufio.Writer, n int, one func(int) string) {
	for i := range n {
		if i > 0 {
			fmt.Fprint(out, ",\n")
		}
		fmt.Fprint(out, one(i))
	}
}

// quoted is a text in JSON.
func quoted(text string) []byte {
	out, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		panic(err) // the text is made here
	}
	return out
}

func head(kind, user string, i int) string {
	return fmt.Sprintf(`"@odata.etag":"W/\"%[1]s%[2]d\"","id":"bench-%[3]s-%[1]s-%06[2]d","changeKey":"%[1]s%[2]d","createdDateTime":"2024-03-01T09:00:00Z",`+
		`"lastModifiedDateTime":"2024-03-01T09:00:00Z","categories":["Sync with Salesforce"]`, kind, i, user)
}

var notes = strings.Repeat("Met at the trade fair; asked for an offer and for references. ", 12)

func contact(user string, i int, notes string) string {
	return fmt.Sprintf(`{%s,"parentFolderId":"folder-contacts","displayName":"Contact %d","givenName":"Con","surname":"Tact","fileAs":"Tact, Con",`+
		`"companyName":"Fabrikam","emailAddresses":[{"name":"C","address":"c%d@fabrikam.example"}],"businessPhones":["+49 30 1234567"],`+
		`"homeAddress":{},"businessAddress":{"street":"Street 1","city":"Berlin"},"otherAddress":{},"personalNotes":%s}`, head("c", user, i), i, i, quoted(notes))
}

func event(user string, i int, notes string) string {
	return fmt.Sprintf(`{%s,"subject":"Event %d","type":"singleInstance","isOrganizer":true,"isAllDay":false,"isCancelled":false,"hasAttachments":false,`+
		`"attendees":[],"recurrence":null,"start":{"dateTime":"2026-11-02T10:00:00.0000000","timeZone":"UTC"},`+
		`"end":{"dateTime":"2026-11-02T11:00:00.0000000","timeZone":"UTC"},"body":{"contentType":"html","content":%s}}`, head("e", user, i), i, quoted("<p>"+notes+"</p>"))
}

func task(user string, i int, notes string) string {
	return fmt.Sprintf(`{"@odata.etag":"W/\"t%[1]d\"","id":"bench-%[3]s-t-%06[1]d","title":"Task %[1]d","status":"notStarted","importance":"normal","isReminderOn":false,`+
		`"hasAttachments":false,"createdDateTime":"2024-03-01T09:00:00Z","lastModifiedDateTime":"2024-03-01T09:00:00Z","categories":[],`+
		`"body":{"content":%[2]s,"contentType":"text"}}`, i, quoted(notes), user)
}
