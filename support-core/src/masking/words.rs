//! The words that tell what a number is.

/// What a word says about a number near it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Names what the number is.
    Cue(Cue),
    /// `number`, `no`, `#`: what it names is a number.
    Number,
    /// `is`: the number follows, or the name does.
    Link,
    /// `says`, `typed`: a code follows, or a figure.
    Says,
    /// Says nothing, and stands between a name and its number: `my`, `ending`, `savings`.
    Filler,
    /// Asks for something: `please`, `what`, `provide`.
    Ask,
    /// Forbids: `never`, `don't`.
    Never,
    /// Starts another thought, so that names before it do not count: `but`, `when`.
    Break,
    /// Sets a name apart from a number unless they are linked: "account in 2019", but "the code in my app is".
    Minor,
    /// Counts or measures: a number before it is a quantity.
    Unit,
    /// Any other word.
    Other,
}

/// What a number can be said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    Card,
    Account,
    Ssn,
    Pin,
    /// The verification value of a card.
    Cvv,
    /// A one-time code by its full name.
    OneTime,
    /// Just `code`: weak.
    Code,
    Phone,
    Iban,
    /// A business reference: order, invoice, tracking, serial number, …
    Reference,
    /// A noun that makes a reference with `number`, as in `case number`, and little without.
    Thing,
    /// An amount.
    Money,
}

/// Longest word that is looked up.
const LONGEST: usize = 16;

/// Classifies a word of the folded text, whatever its case.
pub(super) fn classify(word: &[u8]) -> Word {
    let mut lower = [0_u8; LONGEST];
    let Some(letters) = lower.get_mut(..word.len()) else { return Word::Other };
    letters.copy_from_slice(word);
    // All of the room at once, whatever stands in it.
    lower.make_ascii_lowercase();
    let lower = lower.get(..word.len()).unwrap_or_default();
    match lookup(lower) {
        // "my pin's 4821"
        Word::Other => lower.strip_suffix(b"'s").map_or(Word::Other, lookup),
        known => known,
    }
}

fn lookup(word: &[u8]) -> Word {
    match word {
        b"card" | b"cards" | b"visa" | b"mastercard" | b"amex" | b"creditcard" | b"debitcard" | b"cc"
        | b"maestro" | b"pan" | b"karte" | b"kreditkarte" | b"kartennummer" | b"tarjeta" | b"carte" => {
            Word::Cue(Cue::Card)
        }
        b"account" | b"accounts" | b"acct" | b"acc" | b"accnt" | b"ac" | b"acnt" | b"acount" | b"accout"
        | b"acctno" | b"accountno" | b"a/c" | b"konto" | b"kontonummer" | b"cuenta" | b"compte" => {
            Word::Cue(Cue::Account)
        }
        b"ssn" | b"ssns" | b"social" | b"ss" | b"ssnno" => Word::Cue(Cue::Ssn),
        b"pin" | b"pins" | b"pincode" | b"mpin" | b"tpin" | b"upin" => Word::Cue(Cue::Pin),
        b"cvv" | b"cvc" | b"cvv2" | b"cvc2" | b"csc" | b"cvn" | b"ccv" | b"cvv1" | b"prufziffer"
        | b"prufnummer" | b"kartenprufnummer" | b"cryptogramme" => Word::Cue(Cue::Cvv),
        b"otp" | b"otps" | b"totp" | b"passcode" | b"passcodes" | b"tan" | b"2fa" | b"mfa"
        | b"authenticator" => Word::Cue(Cue::OneTime),
        b"bestatigungscode" | b"sicherheitscode" => Word::Cue(Cue::OneTime),
        b"code" | b"codes" | b"codigo" => Word::Cue(Cue::Code),
        b"phone" | b"telephone" | b"tel" | b"mobile" | b"cell" | b"cellphone" | b"call" | b"fax"
        | b"whatsapp" | b"landline" | b"ph" | b"mob" | b"reach" | b"dial" | b"ring" | b"text"
        | b"contact" | b"callback" | b"telegram" | b"signal" | b"telefon" | b"telefonnummer" | b"handy"
        | b"handynummer" | b"telefono" | b"movil" => Word::Cue(Cue::Phone),
        b"iban" => Word::Cue(Cue::Iban),
        b"order" | b"orders" | b"ord" | b"invoice" | b"invoices" | b"inv" | b"tracking" | b"track"
        | b"trk" | b"ref" | b"reference" | b"booking" | b"reservation" | b"confirmation" | b"pnr"
        | b"rma" | b"imei" | b"serial" | b"sku" | b"version" | b"ver" | b"build" | b"firmware"
        | b"shipment" | b"parcel" | b"consignment" | b"awb" | b"waybill" | b"isbn" | b"ean" | b"upc"
        | b"gtin" | b"vin" | b"txn" | b"transaction" | b"receipt" | b"po" | b"uuid" | b"guid"
        | b"timestamp" | b"epoch" | b"zip" | b"zipcode" | b"postcode" | b"postal" | b"pnrs" | b"iccid"
        | b"eid" | b"barcode" | b"bestellung" | b"bestellnummer" | b"rechnung" | b"rechnungsnummer"
        | b"sendungsnummer" | b"pedido" | b"factura" | b"commande" | b"facture" => Word::Cue(Cue::Reference),
        b"ticket" | b"case" | b"item" | b"items" | b"product" | b"part" | b"model" | b"flight" | b"room"
        | b"gate" | b"package" | b"delivery" | b"policy" | b"claim" | b"customer" | b"client" | b"member"
        | b"membership" | b"loyalty" | b"flyer" | b"job" | b"bug" | b"issue" | b"request" | b"incident"
        | b"quote" | b"report" | b"batch" | b"lot" | b"year" | b"extension" | b"ext" | b"unit"
        | b"apartment" | b"apt" | b"suite" | b"session" | b"device" | b"meter" | b"contract" | b"error"
        | b"promo" | b"promotion" | b"promotional" | b"discount" | b"coupon" | b"voucher" | b"gift"
        | b"status" | b"sort" | b"swift" | b"article" | b"catalog" | b"student" | b"employee" | b"tax"
        | b"license" | b"licence" | b"passport" | b"date" | b"page" | b"line" | b"port" | b"chapter" => {
            Word::Cue(Cue::Thing)
        }
        b"balance" | b"amount" | b"amounts" | b"price" | b"prices" | b"cost" | b"costs" | b"total"
        | b"paid" | b"pay" | b"fee" | b"fees" | b"charge" | b"charged" | b"charges" | b"limit"
        | b"deposit" | b"deposited" | b"payment" | b"salary" | b"worth" | b"sum" | b"income" | b"refund"
        | b"withdraw" | b"withdrew" | b"spent" | b"budget" | b"usd" | b"eur" | b"gbp" | b"inr" | b"rs"
        | b"transfer" => Word::Cue(Cue::Money),
        b"number" | b"no" | b"num" | b"nr" | b"nos" | b"numbers" | b"nbr" | b"numb" | b"numer"
        | b"numbet" | b"nmbr" | b"nunber" | b"id" | b"nummer" | b"numero" => Word::Number,
        b"is" | b"was" | b"are" | b"its" | b"it's" | b"as" | b"be" | b"equals" | b"ist" | b"lautet"
        | b"es" | b"est" => Word::Link,
        b"says" | b"said" | b"reads" | b"shows" | b"showed" | b"displays" | b"typed" | b"entered"
        | b"tried" | b"keyed" => Word::Says,
        b"my" | b"the" | b"your" | b"his" | b"her" | b"our" | b"their" | b"a" | b"an" | b"of" | b"for"
        | b"here" | b"this" | b"that" | b"these" | b"s" | b"last" | b"four" | b"full" | b"digits"
        | b"digit" | b"new" | b"old" | b"current" | b"existing" | b"ok" | b"okay" | b"sure" | b"yes"
        | b"ya" | b"yeah" | b"yep" | b"debit" | b"credit" | b"bank" | b"banking" | b"savings" | b"saving"
        | b"checking" | b"chequing" | b"security" | b"one" | b"one-time" | b"time" | b"atm" | b"personal"
        | b"final" | b"identification" | b"primary" | b"temporary" | b"ending" | b"ends" | b"with"
        | b"at" | b"on" | b"me" | b"us" | b"and" | b"too" | b"thanks" | b"thank" | b"you" | b"hi"
        | b"hello" | b"hey" | b"it" | b"oh" | b"sorry" | b"so" | b"well" | b"sir" | b"am" | b"i'm"
        | b"name" | b"also" | b"correct" | b"ma'am" | b"back" | b"him" | b"them" | b"im" | b"no."
        | b"right" | b"great" | b"alright" | b"fine" | b"good" | b"mein" | b"meine" | b"mi" | b"mon"
        | b"ma" | b"de" | b"la" | b"le" => Word::Filler,
        b"please" | b"provide" | b"enter" | b"give" | b"confirm" | b"verify" | b"what" | b"what's"
        | b"whats" | b"may" | b"can" | b"could" | b"need" | b"share" | b"tell" | b"send" | b"type"
        | b"know" | b"kindly" | b"help" | b"require" | b"required" | b"supply" | b"state" | b"submit"
        | b"reply" | b"would" | b"pls" | b"plz" | b"which" => Word::Ask,
        b"never" | b"don't" | b"dont" | b"not" | b"without" => Word::Never,
        b"but" | b"because" | b"when" | b"while" | b"if" | b"then" | b"or" => Word::Break,
        b"in" | b"to" | b"from" | b"by" | b"since" | b"until" | b"till" | b"per" | b"every" | b"over"
        | b"under" | b"about" | b"than" | b"after" | b"before" | b"within" | b"between" | b"i" | b"we"
        | b"they" | b"has" | b"had" | b"have" => Word::Minor,
        b"dollars" | b"dollar" | b"bucks" | b"euros" | b"euro" | b"pounds" | b"pound" | b"rupees"
        | b"cents" | b"yen" | b"days" | b"day" | b"hours" | b"hour" | b"hrs" | b"minutes" | b"mins"
        | b"seconds" | b"weeks" | b"months" | b"years" | b"times" | b"people" | b"persons" | b"points"
        | b"miles" | b"km" | b"kg" | b"lbs" | b"percent" | b"pcs" | b"pieces" | b"units" | b"pages"
        | b"mb" | b"gb" | b"k" | b"pm" | b"meters" | b"steps" | b"customers" | b"users" | b"copies"
        | b"boxes" | b"bags" | b"btu" | b"watts" | b"watt" | b"volts" | b"ml" | b"cm" | b"mm" | b"ft"
        | b"feet" | b"inches" | b"mph" | b"rpm" | b"hz" | b"mhz" | b"ghz" | b"tb" | b"kb" | b"bytes"
        | b"stars" | b"seats" | b"guests" | b"nights" | b"tickets" | b"messages" => Word::Unit,
        _ => Word::Other,
    }
}

/// Classifies `code` by the word before it: a verification code is a one-time code, a promo code is not.
pub(super) fn classify_code(qualifier: &[u8]) -> Cue {
    let mut lower = [0_u8; LONGEST];
    let Some(lower) = lower.get_mut(..qualifier.len()) else { return Cue::Code };
    lower.copy_from_slice(qualifier);
    lower.make_ascii_lowercase();
    match &*lower {
        b"verification" | b"verify" | b"authentication" | b"authenticator" | b"auth" | b"authorization"
        | b"authorisation" | b"login" | b"log-in" | b"access" | b"sms" | b"text" | b"otp" | b"time"
        | b"2fa" | b"mfa" | b"factor" | b"one-time" | b"onetime" | b"sign-in" | b"signin" | b"recovery"
        | b"reset" | b"activation" | b"digit" | b"unlock" | b"confirmation"
        // "I got code 20342"
        | b"got" | b"get" | b"received" | b"receive" | b"entered" | b"typed" | b"tried" => Cue::OneTime,
        b"pin" => Cue::Pin,
        b"security" | b"sec" | b"cvv" | b"cvc" => Cue::Cvv,
        b"country" | b"area" | b"bar" | b"qr" | b"exit" | b"http" | b"response" | b"color" | b"colour"
        | b"dress" | b"source" | b"reason" | b"referral" | b"invite" | b"dialing" | b"airport" | b"fare"
        | b"routing" | b"branch" | b"ifsc" | b"style" | b"department" | b"return" | b"tracking" | b"hs"
        | b"fault" | b"offer" => Cue::Reference,
        other => match lookup(other) {
            Word::Cue(Cue::Reference | Cue::Thing) => Cue::Reference,
            _ => Cue::Code,
        },
    }
}

/// Tells whether a word names a parcel or a device, whose numbers are printed in groups of four.
pub(super) fn is_in_fours(word: &[u8]) -> bool {
    [
        "tracking",
        "track",
        "trk",
        "shipment",
        "parcel",
        "consignment",
        "awb",
        "waybill",
        "sendungsnummer",
        "serial",
        "imei",
        "iccid",
        "eid",
        "barcode",
    ]
    .iter()
    .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// Tells whether a word says that something is paid, in the languages of the other words; cards have a cue of their own.
pub(super) fn pays(word: &[u8]) -> bool {
    let mut lower = [0_u8; LONGEST];
    let Some(letters) = lower.get_mut(..word.len()) else { return false };
    letters.copy_from_slice(word);
    letters.make_ascii_lowercase();
    matches!(
        &*letters,
        b"pay" | b"pays" | b"paying" | b"paid" | b"unpaid" | b"prepaid" | b"payment" | b"payments"
            | b"charge" | b"charges" | b"charged" | b"charging" | b"debit" | b"debited" | b"credit"
            | b"credited" | b"billed"
            // German
            | b"zahle" | b"zahlt" | b"zahlen" | b"zahlung" | b"gezahlt" | b"bezahle" | b"bezahlt"
            | b"bezahlen" | b"bezahlung" | b"unbezahlt" | b"abbuchen" | b"abgebucht" | b"abbuchung"
            | b"belasten" | b"belastet" | b"lastschrift"
            // Spanish
            | b"pago" | b"pagos" | b"pagar" | b"pague" | b"pagado" | b"pagada" | b"cobrar" | b"cobro"
            | b"cobrado" | b"cobraron" | b"debito" | b"credito"
            // French
            | b"payer" | b"paye" | b"payee" | b"payez" | b"paiement" | b"payement" | b"regler" | b"regle"
            | b"debiter" | b"debite" | b"prelever" | b"preleve" | b"prelevement"
    )
}
