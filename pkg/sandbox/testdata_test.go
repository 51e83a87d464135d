package sandbox_test

import (
	"fmt"
	"strings"
)

// Ids of the small tenant.
const (
	ann, bob, cid = "11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000002", "11111111-0000-4000-8000-000000000003"
	annUser       = "/users/" + ann
)

// contact is a contact in tenant-file form; extra is more members, ", …".
func contact(id, categories, extra string) string {
	return fmt.Sprintf(`{"@odata.etag":"W/\"ck-%s\"","id":"%s","createdDateTime":"2020-01-01T00:00:00Z","lastModifiedDateTime":"2020-01-01T00:00:00Z","changeKey":"ck-%s","categories":[%s],"parentFolderId":"AAfolder","displayName":"Dr. %s","givenName":"%s","surname":"Test","big":12345678901234567890,"emailAddresses":[{"name":"x","address":"x@fabrikam.example"}]%s}`,
		id, id, id, categories, id, id, extra)
}

// event is a one-hour event in tenant-file form.
func event(id, start, extra string) string {
	return fmt.Sprintf(`{"@odata.etag":"W/\"ck-%s\"","id":"%s","createdDateTime":"2020-01-01T00:00:00Z","lastModifiedDateTime":"2020-01-01T00:00:00Z","changeKey":"ck-%s","categories":["Sync with Salesforce"],"subject":"about %s","iCalUId":"uid-%s","isCancelled":false,"start":{"dateTime":"%sT10:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"%sT11:00:00.0000000","timeZone":"UTC"},"organizer":{"emailAddress":{"name":"Ann","address":"ann@contoso.example"}}%s}`,
		id, id, id, id, id, start, start, extra)
}

func task(id, extra string) string {
	return fmt.Sprintf(`{"@odata.etag":"W/\"ck-%s\"","id":"%s","importance":"normal","isReminderOn":false,"status":"notStarted","title":"%s","createdDateTime":"2020-01-01T00:00:00Z","lastModifiedDateTime":"2020-01-01T00:00:00Z","categories":["Sync with Salesforce"],"body":{"content":"","contentType":"text"}%s}`, id, id, id, extra)
}

const (
	single    = `,"type":"singleInstance","recurrence":null,"seriesMasterId":null,"isOrganizer":true,"attendees":[]`
	attendees = `"attendees":[{"type":"required","emailAddress":{"name":"Out","address":"out@fabrikam.example"}},{"type":"required","emailAddress":{"name":"Bob","address":"bob@contoso.example"}},{"type":"required","emailAddress":{"name":"Ann","address":"Ann@contoso.example"}}]`
	meeting   = `,"type":"singleInstance","recurrence":null,"seriesMasterId":null,"isOrganizer":true,` + attendees
	copied    = `,"type":"singleInstance","recurrence":null,"seriesMasterId":null,"isOrganizer":false,` + attendees
	weekly    = `"recurrence":{"pattern":{"type":"weekly","interval":1,"month":0,"dayOfMonth":0,"daysOfWeek":["monday"],"firstDayOfWeek":"sunday","index":"first"},"range":{"type":"numbered","startDate":"2026-11-02","endDate":"0001-01-01","recurrenceTimeZone":"UTC","numberOfOccurrences":6}}`
	dynamicsP = `,"singleValueExtendedProperties":[{"id":"String {00020329-0000-0000-C000-000000000046} Name crmid","value":"42"},{"id":"String 0x3A24","value":"+1 555 0100"}]`
)

// master is a weekly series of six Mondays from 2026-11-02: the third is an
// exception on the day after, the fourth cancelled.
func master() string {
	return event("AAseries==", "2026-11-02", `,"type":"seriesMaster","seriesMasterId":null,"isOrganizer":true,"attendees":[],`+weekly+
		`,"cancelledOccurrences":["OID.AAseries==.2026-11-23"],"exceptionOccurrences":[`+
		event("AAexception", "2026-11-17", `,"type":"exception","recurrence":null,"seriesMasterId":"AAseries==","isOrganizer":true,"originalStart":"2026-11-16T10:00:00Z",`+attendees)+`]`)
}

// small is a tenant with one of each.
func small() string {
	ownerAnn, ownerBob := `{"name":"Ann","address":"ann@contoso.example"}`, `{"name":"Bob","address":"bob@contoso.example"}`
	return `{"tenantId":"99999999-0000-4000-8000-000000000009","displayName":"Small","users":[` +
		`{"id":"` + ann + `","userPrincipalName":"ann@contoso.example","mail":"ann@contoso.example","displayName":"Ann","userPurpose":"user","mailbox":true,` +
		`"masterCategories":[{"id":"c1","displayName":"Sync with Salesforce","color":"preset5"}],"contactFolders":[` +
		`{"id":"AAfolder","displayName":"Contacts","wellKnownName":"contacts","parentFolderId":null,"contacts":[` +
		contact("AAcontact1", `"Sync with Salesforce"`, dynamicsP) + "," + contact("AAcontact2", `"Don't Sync with Salesforce"`, "") + "," +
		contact("AAcontact3", "", `,"photo":{"contentType":"image/gif","contentBytes":"R0lGODlh"}`) + `]},` +
		`{"id":"AAchild","displayName":"CRM","parentFolderId":"AAfolder","contacts":[` + contact("AAcontact4", "", "") + `]},` +
		`{"id":"AAgrandchild","displayName":"Old","parentFolderId":"AAchild","contacts":[]}],"calendars":[` +
		`{"id":"AAcal","name":"Calendar","isDefaultCalendar":true,"canEdit":true,"owner":` + ownerAnn + `,"events":[` +
		strings.Join([]string{
			event("AAsingle", "2026-11-20", single+`,"hasAttachments":true,"attachments":[{"@odata.type":"#microsoft.graph.fileAttachment","id":"AAattachment","name":"a.txt","contentType":"text/plain","size":3,"isInline":false,"contentBytes":"YWJj"}],"extensions":[{"@odata.type":"#microsoft.graph.openTypeExtension","id":"Microsoft.OutlookServices.OpenTypeExtension.Com.Contoso.Deal","extensionName":"Com.Contoso.Deal","value":1}]`),
			event("AAmeeting", "2026-11-21", meeting), event("AApast", "2020-11-21", meeting), event("AAdraft", "2026-11-22", meeting+`,"isDraft":true`), master(),
		}, ",") + `]},` +
		`{"id":"AAholidays","name":"Holidays","isDefaultCalendar":false,"canEdit":false,"owner":` + ownerAnn + `,"events":[` + event("AAholiday", "2026-12-06", single) + `]},` +
		`{"id":"AAbobs","name":"Bob","isDefaultCalendar":false,"canEdit":true,"owner":` + ownerBob + `,"events":[` + event("AAbobevent", "2026-12-01", single) + `]}],` +
		`"todoLists":[{"id":"AAlist","displayName":"Tasks","isOwner":true,"isShared":false,"wellknownListName":"defaultList","tasks":[` +
		task("AAtask1", `,"linkedResources":[{"id":"l1","applicationName":"Salesforce","externalId":"7"}],"checklistItems":[{"id":"k1","displayName":"step","createdDateTime":"2020-01-01T00:00:00Z","isChecked":false}],"attachments":[{"@odata.type":"#microsoft.graph.taskFileAttachment","id":"AAta","name":"b.txt","contentType":"text/plain","size":3,"contentBytes":"YWJj"}]`) + "," +
		task("AAtask2", `,"dueDateTime":{"dateTime":"2026-11-20T00:00:00.0000000","timeZone":"UTC"},`+weekly) + `]},` +
		`{"id":"AAflagged","displayName":"Flagged Emails","isOwner":true,"isShared":false,"wellknownListName":"flaggedEmails","tasks":[` + task("AAflag", "") + `]}]},` +
		`{"id":"` + bob + `","userPrincipalName":"bob@contoso.example","mail":"bob@contoso.example","displayName":"Bob","userPurpose":"room","mailbox":true,"masterCategories":[],` +
		`"contactFolders":[{"id":"AAbobfolder","displayName":"Contacts","wellKnownName":"contacts","parentFolderId":null,"contacts":[` + contact("AAbobcontact", "", "") + `]}],` +
		`"calendars":[{"id":"AAbobcal","name":"Calendar","isDefaultCalendar":true,"canEdit":true,"owner":` + ownerBob + `,"events":[` +
		strings.Replace(event("AAbobcopy", "2026-11-21", copied), "uid-AAbobcopy", "uid-AAmeeting", 1) + `]}],"todoLists":[]},` +
		`{"id":"` + cid + `","userPrincipalName":"cid@contoso.example","mail":"cid@contoso.example","displayName":"Cid","userPurpose":"user","mailbox":false,"masterCategories":[],"contactFolders":[],"calendars":[],"todoLists":[]}],` +
		`"groups":[{"id":"g1","displayName":"inner","mail":"inner@contoso.example","members":["` + bob + `"]},{"id":"g2","displayName":"O'Outer","mail":"outer@contoso.example","members":["g1","` + ann + `"]}]}`
}

// crowd is a tenant whose one mailbox has n contacts of about size bytes and so
// many task lists.
func crowd(n, size, lists int) string {
	var contacts, todo []string
	notes := `,"personalNotes":"` + strings.Repeat("Met at the fair. ", max(0, size-len(contact("AAc00000", "", "")))/17) + `"`
	for i := range n {
		contacts = append(contacts, contact(fmt.Sprintf("AAc%05d", i), "", notes))
	}
	for i := range lists {
		todo = append(todo, fmt.Sprintf(`{"id":"AAl%d","displayName":"List %d","isOwner":true,"isShared":false,"wellknownListName":"none","tasks":[]}`, i, i))
	}
	return `{"tenantId":"t","displayName":"Crowd","users":[{"id":"` + ann + `","userPrincipalName":"ann@contoso.example","mail":"ann@contoso.example","displayName":"Ann","userPurpose":"user","mailbox":true,"masterCategories":[],` +
		`"contactFolders":[{"id":"AAfolder","displayName":"Contacts","wellKnownName":"contacts","parentFolderId":null,"contacts":[` + strings.Join(contacts, ",") + `]}],` +
		`"calendars":[],"todoLists":[` + strings.Join(todo, ",") + `]}],"groups":[]}`
}
