package sandbox_test

// route is one request of the tour, with what must come of it.
type route struct {
	method string
	// path is below /users/{user} unless it begins with a slash; {x} is a variable.
	path, body string
	// taken is the type of the body, "" for an action's parameters.
	taken  string
	status int
	// answer is the type of what comes back: a type of the schema,
	// Collection(type), "value type", "" for nothing, "bytes", "error", or
	// "unpublished" for what the slice of the schema does not have.
	answer string
	// save names the variable that the answer's id goes into.
	save string
}

// The bodies of the tour.
const (
	contactBody = `{"givenName":"Pavel","surname":"Bansky","emailAddresses":[{"address":"pavelb@fabrikam.example","name":"Pavel Bansky"}],"businessPhones":["+1 732 555 0102"],"homeAddress":{"city":"Redmond"},"birthday":"1974-07-22","singleValueExtendedProperties":[{"id":"String 0x3A24","value":"+1 555 0100"}]}`
	eventBody   = `{"subject":"Plan","body":{"contentType":"HTML","content":"<b>x</b>"},"start":{"dateTime":"2026-12-01T12:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-12-01T14:00:00","timeZone":"UTC"},"location":{"displayName":"Bar"},"categories":["Red"],"importance":"high","showAs":"tentative"}`
	seriesBody  = `{"subject":"Weekly","start":{"dateTime":"2026-12-07T12:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-12-07T13:00:00","timeZone":"UTC"},"recurrence":{"pattern":{"type":"weekly","interval":1,"daysOfWeek":["monday"]},"range":{"type":"numbered","startDate":"2026-12-07","numberOfOccurrences":5}}}`
	meetingBody = `{"subject":"Meet","start":{"dateTime":"2026-12-02T12:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-12-02T13:00:00","timeZone":"UTC"},"attendees":[{"emailAddress":{"address":"out@fabrikam.example","name":"Out"},"type":"required"}],"transactionId":"t-{user}"}`
	taskBody    = `{"title":"A new task","categories":["Important"],"linkedResources":[{"webUrl":"https://contoso.example","applicationName":"CRM","displayName":"Deal"}],"dueDateTime":{"dateTime":"2026-12-01T00:00:00","timeZone":"UTC"}}`
	fileBody    = `{"@odata.type":"#microsoft.graph.fileAttachment","name":"menu.txt","contentBytes":"bWFj","contentType":"text/plain"}`
	taskFile    = `{"@odata.type":"#microsoft.graph.taskFileAttachment","name":"a.txt","contentBytes":"bWFj","contentType":"text/plain"}`
	decemberOn  = "?startDateTime=2026-12-01T00:00:00Z&endDateTime=2027-01-15T00:00:00Z"
	nobody      = "AAMkADnobody="
)

// directoryRoutes need no mailbox.
var directoryRoutes = []route{
	{method: "GET", path: "/users", status: 200, answer: "Collection(user)"},
	{method: "GET", path: "/users?$select=id,mail,userType,accountEnabled,assignedPlans&$top=2&$count=true", status: 200, answer: "Collection(user)"},
	{method: "GET", path: "/users/{user}", status: 200, answer: "user"},
	{method: "GET", path: "/users/nobody@contoso.example", status: 404, answer: "error"},
	{method: "GET", path: "/groups", status: 200, answer: "Collection(group)"},
	{method: "GET", path: "/groups/{group}", status: 200, answer: "group"},
	{method: "GET", path: "/groups/{group}/members", status: 200, answer: "Collection(directoryObject)"},
	{method: "GET", path: "/groups/{group}/members/microsoft.graph.user", status: 200, answer: "Collection(user)"},
	{method: "GET", path: "/groups/{group}/transitiveMembers", status: 200, answer: "Collection(directoryObject)"},
	{method: "GET", path: "/groups/{group}/transitiveMembers/microsoft.graph.user", status: 200, answer: "Collection(user)"},
	{method: "GET", path: "/organization", status: 200, answer: "unpublished"},
	{method: "GET", path: "/organization/{tenant}", status: 200, answer: "unpublished"},
	{method: "GET", path: "/me", status: 400, answer: "error"},
	{method: "POST", path: "/$batch", body: `{"requests":[{"id":"1","method":"GET","url":"/users"}]}`, status: 200, answer: "unpublished"},
}

// settingsRoutes are a mailbox's settings and master categories.
var settingsRoutes = []route{
	{method: "GET", path: "mailboxSettings", status: 200, answer: "mailboxSettings"},
	{method: "GET", path: "mailboxSettings/userPurpose", status: 200, answer: "value userPurpose"},
	{method: "GET", path: "mailboxSettings/language", status: 200, answer: "value localeInfo"},
	{method: "GET", path: "outlook/masterCategories", status: 200, answer: "Collection(outlookCategory)"},
	{method: "POST", path: "outlook/masterCategories", body: `{"displayName":"Contract","color":"preset9"}`, taken: "outlookCategory", status: 201, answer: "outlookCategory", save: "category"},
	{method: "GET", path: "outlook/masterCategories/{category}", status: 200, answer: "outlookCategory"},
	{method: "PATCH", path: "outlook/masterCategories/{category}", body: `{"color":"preset3"}`, taken: "outlookCategory", status: 200, answer: "outlookCategory"},
	{method: "DELETE", path: "outlook/masterCategories/{category}", status: 204},
}

var contactRoutes = []route{
	{method: "GET", path: "contactFolders", status: 200, answer: "Collection(contactFolder)"},
	{method: "GET", path: "contactFolders/contacts", status: 200, answer: "contactFolder"},
	{method: "POST", path: "contactFolders", body: `{"displayName":"Contract folder"}`, taken: "contactFolder", status: 201, answer: "contactFolder", save: "folder"},
	{method: "GET", path: "contactFolders/{folder}", status: 200, answer: "contactFolder"},
	{method: "PATCH", path: "contactFolders/{folder}", body: `{"displayName":"Contract folder 2"}`, taken: "contactFolder", status: 200, answer: "contactFolder"},
	{method: "POST", path: "contactFolders/{folder}/childFolders", body: `{"displayName":"Child"}`, taken: "contactFolder", status: 201, answer: "contactFolder", save: "child"},
	{method: "GET", path: "contactFolders/{folder}/contacts/delta", status: 200, answer: "Collection(contact)"},
	{method: "GET", path: "contactFolders/{folder}/childFolders", status: 200, answer: "Collection(contactFolder)"},
	{method: "GET", path: "contactFolders/{folder}/childFolders/{child}", status: 200, answer: "contactFolder"},
	{method: "POST", path: "contactFolders/{child}/contacts", body: contactBody, taken: "contact", status: 201, answer: "contact", save: "contact"},
	{method: "GET", path: "contactFolders/{child}/contacts/delta", status: 200, answer: "Collection(contact)"},
	{method: "GET", path: "contactFolders/{child}/contacts", status: 200, answer: "Collection(contact)"},
	{method: "GET", path: "contactFolders/{folder}/childFolders/{child}/contacts/{contact}", status: 200, answer: "contact"},
	{method: "DELETE", path: "contactFolders/{child}/contacts/{contact}", status: 204},
	{method: "GET", path: "contacts", status: 200, answer: "Collection(contact)"},
	{method: "POST", path: "contacts", body: contactBody, taken: "contact", status: 201, answer: "contact", save: "contact"},
	{method: "GET", path: "contacts/{contact}", status: 200, answer: "contact"},
	{method: "GET", path: "contacts/{contact}?$select=displayName&$expand=singleValueExtendedProperties($filter=id%20eq%20'String%200x3A24')", status: 200, answer: "contact"},
	{method: "PATCH", path: "contacts/{contact}", body: `{"categories":["Personal"],"displayName":"P"}`, taken: "contact", status: 200, answer: "contact"},
	{method: "PUT", path: "contacts/{contact}/photo/$value", body: "GIF89a", status: 200},
	{method: "PATCH", path: "contacts/{contact}/photo/$value", body: "GIF89b", status: 200},
	{method: "GET", path: "contacts/{contact}/photo", status: 200, answer: "profilePhoto"},
	{method: "GET", path: "contacts/{contact}/photo/$value", status: 200, answer: "bytes"},
	{method: "DELETE", path: "contacts/{contact}/photo", status: 204},
	{method: "POST", path: "contacts/{contact}/permanentDelete", status: 204},
	{method: "DELETE", path: "contacts/{contact}", status: 404, answer: "error"},
	{method: "DELETE", path: "contactFolders/{folder}", status: 204},
}

var calendarRoutes = []route{
	{method: "GET", path: "calendars", status: 200, answer: "Collection(calendar)"},
	{method: "POST", path: "calendars", body: `{"name":"Contract"}`, taken: "calendar", status: 201, answer: "calendar", save: "calendar"},
	{method: "GET", path: "calendars/{calendar}", status: 200, answer: "calendar"},
	{method: "PATCH", path: "calendars/{calendar}", body: `{"name":"Contract 2","color":"lightBlue"}`, taken: "calendar", status: 200, answer: "calendar"},
	{method: "POST", path: "calendars/{calendar}/events", body: seriesBody, taken: "event", status: 201, answer: "event", save: "series"},
	{method: "GET", path: "calendars/{calendar}/events?$count=true", status: 200, answer: "Collection(event)"},
	{method: "GET", path: "calendars/{calendar}/calendarView" + decemberOn, status: 200, answer: "Collection(event)", save: "first"},
	{method: "GET", path: "calendar", status: 200, answer: "calendar"},
	{method: "PATCH", path: "calendar", body: `{"color":"auto"}`, taken: "calendar", status: 200, answer: "calendar"},
	{method: "GET", path: "calendar/events", status: 200, answer: "Collection(event)"},
	{method: "POST", path: "calendar/events", body: meetingBody, taken: "event", status: 201, answer: "event", save: "meeting"},
	{method: "GET", path: "calendar/calendarView" + decemberOn, status: 200, answer: "Collection(event)"},
	{method: "GET", path: "calendarView" + decemberOn, status: 200, answer: "Collection(event)"},
	{method: "GET", path: "calendarView/{meeting}", status: 200, answer: "event"},
}

var eventRoutes = []route{
	{method: "GET", path: "events", status: 200, answer: "Collection(event)"},
	{method: "POST", path: "events", body: eventBody, taken: "event", status: 201, answer: "event", save: "event"},
	{method: "GET", path: "events/{event}", status: 200, answer: "event"},
	{method: "PATCH", path: "events/{event}", body: `{"categories":["Personal"]}`, taken: "event", status: 200, answer: "event"},
	{method: "GET", path: "events/{event}/calendar", status: 200, answer: "calendar"},
	{method: "POST", path: "events/{event}/extensions", body: `{"@odata.type":"microsoft.graph.openTypeExtension","extensionName":"Com.Contoso.Tour","deal":7}`, status: 201, answer: "openTypeExtension"},
	{method: "GET", path: "events/{event}/extensions", status: 405, answer: "error"},
	{method: "GET", path: "events/{event}/extensions/Com.Contoso.Tour", status: 200, answer: "openTypeExtension"},
	{method: "PATCH", path: "events/{event}/extensions/Com.Contoso.Tour", body: `{"deal":8}`, status: 200, answer: "openTypeExtension"},
	{method: "DELETE", path: "events/{event}/extensions/Com.Contoso.Tour", status: 204},
	{method: "POST", path: "events/{event}/attachments/createUploadSession", body: `{"AttachmentItem":{"attachmentType":"file","name":"big","size":4000000}}`, status: 201, answer: "uploadSession"},
	{method: "POST", path: "events/{event}/attachments", body: fileBody, taken: "fileAttachment", status: 201, answer: "attachment", save: "file"},
	{method: "GET", path: "events/{event}/attachments", status: 200, answer: "Collection(attachment)"},
	{method: "GET", path: "events/{event}/attachments/{file}", status: 200, answer: "attachment"},
	{method: "GET", path: "events/{event}/attachments/{file}/$value", status: 200, answer: "bytes"},
	{method: "GET", path: "events/{event}?$expand=attachments", status: 200, answer: "event"},
	{method: "DELETE", path: "events/{event}/attachments/{file}", status: 204},
	{method: "GET", path: "events/{series}/instances" + decemberOn, status: 200, answer: "Collection(event)", save: "occurrence"},
	{method: "GET", path: "events/{occurrence}", status: 200, answer: "event"},
	{method: "PATCH", path: "events/{occurrence}", body: `{"subject":"Moved"}`, taken: "event", status: 200, answer: "event"},
	{method: "GET", path: "events/{series}/instances" + decemberOn + "&$skip=1", status: 200, answer: "Collection(event)", save: "occurrence"},
	{method: "DELETE", path: "events/{occurrence}", status: 204},
	{method: "GET", path: "events/{series}?$select=subject,cancelledOccurrences,exceptionOccurrences&$expand=exceptionOccurrences", status: 200, answer: "event"},
	{method: "POST", path: "events/{event}/accept", body: `{}`, status: 400, answer: "error"},
	{method: "POST", path: "events/{copy}/accept", body: `{"sendResponse":false}`, status: 202},
	{method: "POST", path: "events/{copy}/tentativelyAccept", body: `{"comment":"maybe","sendResponse":true}`, status: 202},
	{method: "POST", path: "events/{copy}/decline", body: `{"sendResponse":false}`, status: 202},
	{method: "POST", path: "events/{meeting}/cancel", body: `{"Comment":"off"}`, status: 202},
	{method: "DELETE", path: "events/{series}", status: 204},
	{method: "POST", path: "events/{event}/permanentDelete", status: 204},
	{method: "DELETE", path: "calendars/{calendar}", status: 204},
}

var taskRoutes = []route{
	{method: "GET", path: "todo/lists", status: 200, answer: "Collection(todoTaskList)"},
	{method: "GET", path: "todo/lists?$top=1", status: 200, answer: "Collection(todoTaskList)"},
	{method: "GET", path: "todo/lists/delta", status: 200, answer: "Collection(todoTaskList)"},
	{method: "POST", path: "todo/lists", body: `{"displayName":"Contract"}`, taken: "todoTaskList", status: 201, answer: "todoTaskList", save: "list"},
	{method: "GET", path: "todo/lists/{list}", status: 200, answer: "todoTaskList"},
	{method: "PATCH", path: "todo/lists/{list}", body: `{"displayName":"Contract 2"}`, taken: "todoTaskList", status: 200, answer: "todoTaskList"},
	{method: "POST", path: "todo/lists/{list}/tasks", body: taskBody, taken: "todoTask", status: 201, answer: "todoTask", save: "task"},
	{method: "GET", path: "todo/lists/{list}/tasks?$expand=checklistItems", status: 200, answer: "Collection(todoTask)"},
	{method: "GET", path: "todo/lists/{list}/tasks/delta", status: 200, answer: "Collection(todoTask)"},
	{method: "GET", path: "todo/lists/{list}/tasks/{task}", status: 200, answer: "todoTask"},
	{method: "PATCH", path: "todo/lists/{list}/tasks/{task}", body: `{"recurrence":{"pattern":{"type":"daily","interval":1},"range":{}}}`, taken: "todoTask", status: 200, answer: "todoTask"},
	{method: "POST", path: "todo/lists/{list}/tasks/{task}/checklistItems", body: `{"displayName":"step"}`, taken: "checklistItem", status: 201, answer: "checklistItem", save: "step"},
	{method: "GET", path: "todo/lists/{list}/tasks/{task}/checklistItems", status: 200, answer: "Collection(checklistItem)"},
	{method: "GET", path: "todo/lists/{list}/tasks/{task}/checklistItems/{step}", status: 200, answer: "checklistItem"},
	{method: "PATCH", path: "todo/lists/{list}/tasks/{task}/checklistItems/{step}", body: `{"isChecked":true}`, taken: "checklistItem", status: 200, answer: "checklistItem"},
	{method: "DELETE", path: "todo/lists/{list}/tasks/{task}/checklistItems/{step}", status: 204},
	{method: "POST", path: "todo/lists/{list}/tasks/{task}/linkedResources", body: `{"applicationName":"CRM","externalId":"9"}`, taken: "linkedResource", status: 201, answer: "linkedResource", save: "link"},
	{method: "GET", path: "todo/lists/{list}/tasks/{task}/linkedResources", status: 200, answer: "Collection(linkedResource)"},
	{method: "GET", path: "todo/lists/{list}/tasks/{task}/linkedResources/{link}", status: 200, answer: "linkedResource"},
	{method: "PATCH", path: "todo/lists/{list}/tasks/{task}/linkedResources/{link}", body: `{"displayName":"x"}`, taken: "linkedResource", status: 200, answer: "linkedResource"},
	{method: "DELETE", path: "todo/lists/{list}/tasks/{task}/linkedResources/{link}", status: 204},
	{method: "POST", path: "todo/lists/{list}/tasks/{task}/extensions", body: `{"@odata.type":"microsoft.graph.openTypeExtension","extensionName":"Com.Contoso.Tour","deal":7}`, status: 201, answer: "openTypeExtension"},
	{method: "GET", path: "todo/lists/{list}/tasks/{task}/extensions", status: 405, answer: "error"},
	{method: "GET", path: "todo/lists/{list}/tasks/{task}/extensions/Com.Contoso.Tour", status: 200, answer: "openTypeExtension"},
	{method: "PATCH", path: "todo/lists/{list}/tasks/{task}/extensions/Com.Contoso.Tour", body: `{"deal":8}`, status: 200, answer: "openTypeExtension"},
	{method: "DELETE", path: "todo/lists/{list}/tasks/{task}/extensions/Com.Contoso.Tour", status: 204},
	{method: "POST", path: "todo/lists/{list}/tasks/{task}/attachments/createUploadSession", body: `{"attachmentInfo":{"attachmentType":"file","name":"big","size":4000000}}`, status: 201, answer: "uploadSession"},
	{method: "PUT", path: "todo/lists/{list}/tasks/{task}/attachmentSessions/none/content", body: "x", status: 404, answer: "error"},
	{method: "POST", path: "todo/lists/{list}/tasks/{task}/attachments", body: taskFile, taken: "taskFileAttachment", status: 201, answer: "attachmentBase", save: "file"},
	{method: "GET", path: "todo/lists/{list}/tasks/{task}/attachments/{file}", status: 200, answer: "attachmentBase"},
	{method: "GET", path: "todo/lists/{list}/tasks/{task}/attachments/{file}/$value", status: 200, answer: "bytes"},
	{method: "GET", path: "todo/lists/{list}/tasks/{task}/attachments", status: 200, answer: "Collection(attachmentBase)"},
	{method: "DELETE", path: "todo/lists/{list}/tasks/{task}/attachments/{file}", status: 204},
	{method: "DELETE", path: "todo/lists/{list}/tasks/{task}", status: 204},
	{method: "POST", path: "todo/lists/{list}/tasks/{task}/permanentDelete", status: 404, answer: "error"},
	{method: "DELETE", path: "todo/lists/{list}", status: 204},
}
