package rebuild

import (
	"encoding/json"
	"maps"
	"strings"
	"sync"
)

// shape names the members of an object that Graph takes; nil stands for any
// value. Arrays have the shape of their elements.
type shape map[string]shape

// names makes a shape of members that are plain values.
func names(list string) shape {
	s := shape{}
	for name := range strings.FieldsSeq(list) {
		s[name] = nil
	}
	return s
}

// with adds members that are objects.
func (s shape) with(more shape) shape {
	out := maps.Clone(s)
	maps.Copy(out, more)
	return out
}

// What v1.0 lets a client write (v1.0 CSDL, and the pages on creating each).
// Extensions are cleaned apart: they take any member.
var contactShape = sync.OnceValue(func() shape {
	address := names("city countryOrRegion postalCode state street")
	return names(`birthday fileAs displayName givenName initials middleName nickName surname title yomiGivenName
		yomiSurname yomiCompanyName generation imAddresses jobTitle companyName department officeLocation profession
		businessHomePage assistantName manager homePhones mobilePhone businessPhones spouseName personalNotes children
		categories extensions`).with(shape{
		"emailAddresses": names("name address"), "homeAddress": address, "businessAddress": address, "otherAddress": address,
	}).with(propertiesShape())
})

func propertiesShape() shape {
	return shape{"singleValueExtendedProperties": names("id value"), "multiValueExtendedProperties": names("id value")}
}

var eventShape = sync.OnceValue(func() shape {
	place := names("displayName locationEmailAddress locationType locationUri uniqueId uniqueIdType").with(shape{
		"address":     names("city countryOrRegion postalCode state street"),
		"coordinates": names("accuracy altitude altitudeAccuracy latitude longitude"),
	})
	return names(`subject isAllDay categories importance sensitivity showAs isReminderOn reminderMinutesBeforeStart
		responseRequested allowNewTimeProposals hideAttendees extensions`).with(shape{
		"body": names("contentType content"), "start": momentShape(), "end": momentShape(),
		"location": place, "locations": place, "recurrence": recurrenceShape(),
	}).with(propertiesShape())
})

func momentShape() shape { return names("dateTime timeZone") }

func recurrenceShape() shape {
	return shape{
		"pattern": names("type interval month dayOfMonth daysOfWeek firstDayOfWeek index"),
		"range":   names("type startDate endDate recurrenceTimeZone numberOfOccurrences"),
	}
}

var taskShape = sync.OnceValue(func() shape {
	return names("title importance status isReminderOn categories extensions").with(shape{
		"body": names("contentType content"), "dueDateTime": momentShape(), "startDateTime": momentShape(),
		"reminderDateTime": momentShape(), "completedDateTime": momentShape(), "recurrence": recurrenceShape(),
		"linkedResources": names("applicationName displayName externalId webUrl"),
	})
})

// served are the members that the service sets itself, and those that have a
// loss of their own or a place of their own in the recipe. Leaving one out is
// no unknown member.
var served = sync.OnceValue(func() shape {
	return names(`id changeKey createdDateTime lastModifiedDateTime parentFolderId primaryEmailAddress
		secondaryEmailAddress tertiaryEmailAddress photo
		attendees organizer transactionId iCalUId iCalUId_v2 uid occurrenceId webLink bodyPreview hasAttachments isCancelled
		isDraft isOrganizer isOnlineMeeting onlineMeeting onlineMeetingProvider onlineMeetingUrl originalStart
		originalStartTimeZone originalEndTimeZone responseStatus seriesMasterId type cancelledOccurrences
		exceptionOccurrences instances calendar attachments
		bodyLastModifiedDateTime checklistItems attachmentSessions`)
})

// clean keeps the members that the shape names, nulls excepted: what is absent
// becomes what the service takes for nothing. Members of the objects within
// that it does not name are told to drop, by their paths.
func (s shape) clean(o object, path string, drop func(path string)) object {
	kept := object{}
	for _, m := range o {
		within, ok := s[m.name]
		switch {
		case !ok && !strings.Contains(m.name, "@"):
			drop(path + m.name)
		case ok && string(m.value) != "null":
			kept.set(m.name, within.value(m.value, path+m.name, drop))
		}
	}
	return kept
}

func (s shape) value(raw json.RawMessage, path string, drop func(string)) json.RawMessage {
	switch {
	case raw[0] == '[':
		return s.array(raw, path, drop)
	case s != nil && raw[0] == '{':
		if o, err := parse(raw); err == nil {
			return s.clean(o, path+".", drop).encode()
		}
	}
	return raw
}

// array leaves out nulls, which no collection of Graph's takes.
func (s shape) array(raw json.RawMessage, path string, drop func(string)) json.RawMessage {
	var kept []json.RawMessage
	for _, e := range elements(raw) {
		if string(e) != "null" {
			kept = append(kept, s.value(e, path, drop))
		}
	}
	return array(kept)
}

// writable is what of an item can be sent; the rest is lost.
func (m *maker) writable(s shape, o object) object {
	own := served()
	out := s.clean(o, "", func(path string) {
		if _, ok := own[path]; !ok && !strings.HasSuffix(path, ".id") {
			m.losses.add(UnknownMembers, path)
		}
	})
	if out.has("categories") {
		out.set("categories", m.categories(out.get("categories")))
	}
	m.extended(&out)
	return out
}
