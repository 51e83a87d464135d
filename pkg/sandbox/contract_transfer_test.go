package sandbox_test

const exchangePath = "/admin/exchange/mailboxes/{exchange}/"

// transferRoutes are the mailbox export and import API. The import address is
// not Graph's; transfer_test.go is about it.
var transferRoutes = []route{
	{method: "GET", path: "settings/exchange", status: 200, answer: "exchangeSettings"},
	{method: "GET", path: exchangePath + "folders?$count=true", status: 200, answer: "Collection(mailboxFolder)", save: "top"},
	{method: "GET", path: exchangePath + "folders/{top}", status: 200, answer: "mailboxFolder"},
	{method: "GET", path: exchangePath + "folders/contacts/childFolders", status: 200, answer: "Collection(mailboxFolder)"},
	{method: "GET", path: exchangePath + "folders/calendar/items?$select=type,size&$top=2", status: 200, answer: "Collection(mailboxItem)"},
	{method: "GET", path: exchangePath + "folders/calendar/items", status: 200, answer: "Collection(mailboxItem)", save: "item"},
	{method: "GET", path: exchangePath + "folders/calendar/items/{item}", status: 200, answer: "mailboxItem"},
	{method: "GET", path: exchangePath + "folders/delta", status: 501, answer: "error"},
	{method: "GET", path: exchangePath + "folders/calendar/items/delta", status: 501, answer: "error"},
	{method: "POST", path: exchangePath + "exportItems", body: `{"ItemIds":["AAnone"]}`, status: 200, answer: "Collection(exportItemResponse)"},
	{method: "POST", path: exchangePath + "createImportSession", status: 200, answer: "mailboxItemImportSession"},
}
