package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// writeTenant writes a tenant with one mailbox of n items: six contacts to
// three events and one task, of sizes as real ones have.
func writeTenant(name string, n int) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	fmt.Fprint(out, `{"tenantId":"11111111-2222-4333-8444-555555555555","displayName":"Bench","groups":[],"users":[
{"id":"66666666-7777-4888-9999-000000000000","userPrincipalName":"a@bench.example","mail":"a@bench.example","displayName":"A",
"userPurpose":"user","mailbox":true,"masterCategories":[],
"contactFolders":[{"id":"folder-contacts","displayName":"Contacts","parentFolderId":null,"wellKnownName":"contacts","contacts":[`)
	items(out, n*6/10, contact)
	fmt.Fprint(out, `]}],
"calendars":[{"id":"folder-calendar","name":"Calendar","isDefaultCalendar":true,"canEdit":true,"owner":{"name":"A","address":"a@bench.example"},"events":[`)
	items(out, n*3/10, event)
	fmt.Fprint(out, `]}],
"todoLists":[{"id":"folder-tasks","displayName":"Tasks","isOwner":true,"isShared":false,"wellknownListName":"defaultList","tasks":[`)
	items(out, n/10, task)
	fmt.Fprint(out, "]}]}]}\n")
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Close()
}

func items(out *bufio.Writer, n int, one func(int) string) {
	for i := range n {
		if i > 0 {
			fmt.Fprint(out, ",\n")
		}
		fmt.Fprint(out, one(i))
	}
}

func head(kind string, i int) string {
	return fmt.Sprintf(`"@odata.etag":"W/\"%[1]s%[2]d\"","id":"bench-%[1]s-%06[2]d","changeKey":"%[1]s%[2]d","createdDateTime":"2024-03-01T09:00:00Z",`+
		`"lastModifiedDateTime":"2024-03-01T09:00:00Z","categories":["Sync with Salesforce"]`, kind, i)
}

var notes = strings.Repeat("Met at the trade fair; asked for an offer and for references. ", 12)

func contact(i int) string {
	return fmt.Sprintf(`{%s,"parentFolderId":"folder-contacts","displayName":"Contact %d","givenName":"Con","surname":"Tact","fileAs":"Tact, Con",`+
		`"companyName":"Fabrikam","emailAddresses":[{"name":"C","address":"c%d@fabrikam.example"}],"businessPhones":["+49 30 1234567"],`+
		`"homeAddress":{},"businessAddress":{"street":"Street 1","city":"Berlin"},"otherAddress":{},"personalNotes":%q}`, head("c", i), i, i, notes)
}

func event(i int) string {
	return fmt.Sprintf(`{%s,"subject":"Event %d","type":"singleInstance","isOrganizer":true,"isAllDay":false,"isCancelled":false,"hasAttachments":false,`+
		`"attendees":[],"recurrence":null,"start":{"dateTime":"2026-11-02T10:00:00.0000000","timeZone":"UTC"},`+
		`"end":{"dateTime":"2026-11-02T11:00:00.0000000","timeZone":"UTC"},"body":{"contentType":"html","content":%q}}`, head("e", i), i, "<p>"+notes+"</p>")
}

func task(i int) string {
	return fmt.Sprintf(`{"@odata.etag":"W/\"t%[1]d\"","id":"bench-t-%06[1]d","title":"Task %[1]d","status":"notStarted","importance":"normal","isReminderOn":false,`+
		`"hasAttachments":false,"createdDateTime":"2024-03-01T09:00:00Z","lastModifiedDateTime":"2024-03-01T09:00:00Z","categories":[],`+
		`"body":{"content":%[2]q,"contentType":"text"}}`, i, notes)
}
