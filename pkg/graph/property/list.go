package property

import "strings"

// The property sets (MS-OXPROPS).
const (
	address = "{00062004-0000-0000-C000-000000000046} "
	common  = "{00062008-0000-0000-C000-000000000046} "
	public  = "{00020329-0000-0000-C000-000000000046} "
)

// Contacts are what Outlook keeps of a contact and Graph v1.0 has no member for
// (observed in a client that writes them; MS-OXPROPS has the names).
func Contacts() []string {
	return []string{
		"String 0x3A24",                   // business fax
		"String 0x3A25",                   // home fax
		"String 0x3A21",                   // pager
		"String 0x3A1E",                   // car phone
		"String 0x3A1F",                   // other phone
		"String 0x3A2D",                   // ISDN
		"String 0x3A1B",                   // second business phone
		"String 0x3A2F",                   // second home phone
		"String 0x3A02",                   // callback phone
		"String 0x3A57",                   // company's main phone
		"String 0x3A2E",                   // assistant's phone
		"String 0x3A1A",                   // primary phone
		"String 0x3A1D",                   // radio phone
		"String 0x3A23",                   // primary fax
		"String 0x3A2C",                   // telex
		"String 0x3A4B",                   // phone for the deaf
		"String 0x3A43",                   // hobbies
		"String 0x3A4A",                   // customer id
		"String 0x3A07",                   // government id
		"String 0x3A47",                   // referred by
		"String " + address + "Id 0x804A", // post office boxes: business,
		"String 0x3A5E",                   // home,
		"String 0x3A64",                   // other
		"String 0x3A50",                   // personal home page
		"SystemTime 0x3A41",               // wedding anniversary
		"Short 0x3A4D",                    // gender
		"String " + address + "Id 0x804F", // user fields 1 to 4, where plug-ins
		"String " + address + "Id 0x8050", // like to keep ids
		"String " + address + "Id 0x8051",
		"String " + address + "Id 0x8052",
		"String " + address + "Id 0x80D8", // free/busy address
		"Integer 0x36",                    // sensitivity
		"Boolean " + common + "Id 0x8506", // private
		"String 0x1A",                     // message class
		"String " + address + "Id 0x8083", // the addresses in the three e-mail
		"String " + address + "Id 0x8093", // slots as they were typed
		"String " + address + "Id 0x80A3",
	}
}

// CRM are the names under which Dynamics' add-ins keep what links an item to a
// record (observed in several of them). The type of all but one is undocumented
// and taken for text. Names are compared with their case, and both spellings
// occur. What Office add-ins keep (cecp- and the add-in's id) is for the
// operator to name.
func CRM() []string {
	var ids []string
	for _, name := range []string{
		"crmId", "crmLinkState", "crmSssPromoteTracker", "crmOrgId", "crmRegardingObjectId", "crmRegardingObjectTypeCode",
		"crmRegardingId", "crmRegardingObjectType", "Regarding", "crmPartyInfo", "crmXml", "crmObjectTypeCode", "crmEntryID",
		"crmOwnerId", "crmOwnerIdType", "crmTrackedBySender", "crmAsyncSend", "crmMessageId", "crmParentAccountId",
	} {
		kind := "String "
		if name == "crmLinkState" {
			kind = "Double "
		}
		ids = append(ids, kind+public+"Name "+name, kind+public+"Name "+strings.ToLower(name))
	}
	return ids
}
