package schema

import (
	"strings"
	"sync"
)

// texts are the types: names:kind, [] for a collection, ! for read-only, * for
// what cannot be null. A type that begins with + takes members of any name.
func texts() map[string]string {
	const (
		outlookItem = ` id,changeKey:string! createdDateTime,lastModifiedDateTime:time! categories:[]string
			extensions:[]openTypeExtension singleValueExtendedProperties:[]singleValueLegacyExtendedProperty
			multiValueExtendedProperties:[]multiValueLegacyExtendedProperty `
		attachment = ` id:string! contentType,name:string isInline:bool* lastModifiedDateTime:time! size:int* `
	)
	return map[string]string{
		"outlookItem": outlookItem,
		"contact": outlookItem + `assistantName,businessHomePage,companyName,department,displayName,fileAs,generation,
			givenName,initials,jobTitle,manager,middleName,mobilePhone,nickName,officeLocation,personalNotes,profession,
			spouseName,surname,title,yomiCompanyName,yomiGivenName,yomiSurname:string parentFolderId:string! birthday:day
			businessAddress,homeAddress,otherAddress:physicalAddress businessPhones,children,homePhones,imAddresses:[]string
			emailAddresses:[]emailAddress primaryEmailAddress,secondaryEmailAddress,tertiaryEmailAddress:emailAddress
			photo:profilePhoto!`,
		"event": outlookItem + `allowNewTimeProposals,hideAttendees,isAllDay,isOnlineMeeting,isReminderOn,
			responseRequested:bool hasAttachments,isCancelled,isOrganizer:bool! isDraft:bool! attendees:[]attendee body:itemBody
			bodyPreview,iCalUId,onlineMeetingUrl,originalEndTimeZone,originalStartTimeZone,seriesMasterId,webLink:string!
			cancelledOccurrences:[]string! exceptionOccurrences,instances:[]event! calendar:calendar! start,end:dateTimeTimeZone
			importance:=importance location:location locations:[]location onlineMeeting:onlineMeetingInfo!
			onlineMeetingProvider:=onlineMeetingProviderType organizer:recipient! originalStart:time! recurrence:patternedRecurrence
			reminderMinutesBeforeStart:int responseStatus:responseStatus! sensitivity:=sensitivity showAs:=freeBusyStatus
			subject,transactionId:string type:=eventType! attachments:[]attachment`,
		"todoTask": `id:string! body:itemBody bodyLastModifiedDateTime,createdDateTime,lastModifiedDateTime:time!
			categories:[]string completedDateTime,dueDateTime,reminderDateTime,startDateTime:dateTimeTimeZone hasAttachments:bool!
			importance:=importance* isReminderOn:bool* recurrence:patternedRecurrence status:=taskStatus* title:string
			linkedResources:[]linkedResource checklistItems:[]checklistItem attachments:[]any! extensions:[]openTypeExtension`,
		"contactFolder": `id:string! displayName:string parentFolderId:string! childFolders,contacts:[]any!`,
		"calendar": `id,changeKey,hexColor:string! name:string color:=calendarColor isDefaultCalendar,isRemovable,canEdit,canShare,
			canViewPrivateItems,isTallyingResponses:bool! allowedOnlineMeetingProviders:[]=onlineMeetingProviderType!
			defaultOnlineMeetingProvider:=onlineMeetingProviderType owner:emailAddress! events,calendarView:[]any!`,
		"todoTaskList":    `id:string! displayName:string isOwner,isShared:bool! wellknownListName:=wellknownListName! tasks:[]any!`,
		"outlookCategory": `id:string! displayName:string color:=categoryColor`,
		"user": `id,userPrincipalName,mail,displayName,givenName,surname,userType,mailNickname,jobTitle,department,
			officeLocation,mobilePhone:string accountEnabled,onPremisesSyncEnabled:bool businessPhones,proxyAddresses:[]string
			assignedPlans:[]any createdDateTime:time mailboxSettings:any`,
		"group": `id,displayName,mail,mailNickname,description:string mailEnabled,securityEnabled:bool
			groupTypes,proxyAddresses:[]string members,transitiveMembers:[]any`,
		"checklistItem":                     `id:string! createdDateTime:time* checkedDateTime:time displayName:string isChecked:bool`,
		"linkedResource":                    `id:string! applicationName,displayName,externalId,webUrl:string`,
		"attachment":                        attachment,
		"itemAttachment":                    attachment + `item:outlookItem`,
		"referenceAttachment":               attachment,
		"fileAttachment":                    attachment + `contentBytes:binary contentId,contentLocation:string`,
		"taskFileAttachment":                `id:string! contentType,name:string lastModifiedDateTime:time! size:int* contentBytes:binary*`,
		"openTypeExtension":                 `+ id,extensionName:string*`,
		"singleValueLegacyExtendedProperty": `id:string* value:string`,
		"multiValueLegacyExtendedProperty":  `id:string* value:[]string`,
		"profilePhoto":                      `id:string height,width:int`,
		"physicalAddress":                   `city,countryOrRegion,postalCode,state,street:string`,
		"emailAddress":                      `address,name:string`,
		"recipient":                         `emailAddress:emailAddress`,
		"attendee":                          `emailAddress:emailAddress type:=attendeeType status:responseStatus proposedNewTime:timeSlot`,
		"timeSlot":                          `start,end:dateTimeTimeZone*`,
		"responseStatus":                    `response:=responseType time:time`,
		"dateTimeTimeZone":                  `dateTime:string* timeZone:string`,
		"itemBody":                          `content:string contentType:=bodyType`,
		"onlineMeetingInfo":                 `conferenceId,joinUrl,quickDial,tollNumber:string phones:[]any tollFreeNumbers:[]string`,
		"outlookGeoCoordinates":             `accuracy,altitude,altitudeAccuracy,latitude,longitude:number`,
		"patternedRecurrence":               `pattern:recurrencePattern range:recurrenceRange`,
		"location": `address:physicalAddress coordinates:outlookGeoCoordinates displayName,locationEmailAddress,locationUri,
			uniqueId:string locationType:=locationType uniqueIdType:=locationUniqueIdType`,
		"recurrencePattern": `dayOfMonth,interval,month:int* daysOfWeek:[]=dayOfWeek firstDayOfWeek:=dayOfWeek index:=weekIndex
			type:=recurrencePatternType`,
		"recurrenceRange": `startDate,endDate:date numberOfOccurrences:int* recurrenceTimeZone:string type:=recurrenceRangeType`,
	}
}

// enums are the values of the enumerations.
var enums = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	for name, values := range map[string]string{
		"importance": "low normal high", "bodyType": "text html", "sensitivity": "normal personal private confidential",
		"freeBusyStatus": "unknown free tentative busy oof workingElsewhere", "attendeeType": "required optional resource",
		"eventType":                 "singleInstance occurrence exception seriesMaster",
		"responseType":              "none organizer tentativelyAccepted accepted declined notResponded",
		"taskStatus":                "notStarted inProgress completed waitingOnOthers deferred",
		"wellknownListName":         "none defaultList flaggedEmails unknownFutureValue",
		"onlineMeetingProviderType": "unknown skypeForBusiness skypeForConsumer teamsForBusiness",
		"dayOfWeek":                 "sunday monday tuesday wednesday thursday friday saturday",
		"weekIndex":                 "first second third fourth last",
		"recurrencePatternType":     "daily weekly absoluteMonthly relativeMonthly absoluteYearly relativeYearly",
		"recurrenceRangeType":       "endDate noEnd numbered",
		"locationType": "default conferenceRoom homeAddress businessAddress geoCoordinates streetAddress hotel restaurant " +
			"localBusiness postalAddress",
		"locationUniqueIdType": "unknown locationStore directory private bing",
		"calendarColor": "auto lightBlue lightGreen lightOrange lightGray lightYellow lightTeal lightPink lightBrown " +
			"lightRed maxColor",
		"categoryColor": "none preset0 preset1 preset2 preset3 preset4 preset5 preset6 preset7 preset8 preset9 preset10 preset11 " +
			"preset12 preset13 preset14 preset15 preset16 preset17 preset18 preset19 preset20 preset21 preset22 preset23 preset24",
	} {
		out[name] = strings.Fields(values)
	}
	return out
})
