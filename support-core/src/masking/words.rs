//! The words that tell what a number is.

use super::lexicon::{Lexicon, Spelling, entries};

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

/// Words and what they say about a number near them.
const WORDS: &[(Word, &str)] = &[
    (
        Word::Cue(Cue::Card),
        "card cards visa mastercard amex creditcard debitcard cc maestro pan karte kreditkarte kartennummer \
         tarjeta carte karten kreditkarten kaart kaartnummer carta tarjetas cardnumber cardno cardnum \
         creditcardnumber debitcardnumber ccnumber ccnum",
    ),
    (
        Word::Cue(Cue::Account),
        "account accounts acct acc accnt ac acnt acount accout acctno accountno a/c konto kontonummer cuenta \
         compte rekening rekeningnummer conto accountnumber acctnumber acctnum accountnum bankaccount",
    ),
    (Word::Cue(Cue::Ssn), "ssn ssns social ss ssnno"),
    (Word::Cue(Cue::Pin), "pin pins pincode mpin tpin upin"),
    (
        Word::Cue(Cue::Cvv),
        "cvv cvc cvv2 cvc2 csc cvn ccv cvv1 prufziffer prufnummer kartenprufnummer cryptogramme",
    ),
    (
        Word::Cue(Cue::OneTime),
        "otp otps totp passcode passcodes tan 2fa mfa authenticator bestatigungscode sicherheitscode",
    ),
    (Word::Cue(Cue::Code), "code codes codigo codice"),
    (
        Word::Cue(Cue::Phone),
        "phone telephone tel mobile cell cellphone call fax whatsapp landline ph mob reach dial ring text contact \
         callback telegram signal telefon telefonnummer handy handynummer telefono movil handynr telefonnr \
         erreichbar ruckruf cellulare telefoon telefoonnummer mobiel gsm bel portable phonenumber mobilenumber \
         phoneno mobileno cellnumber",
    ),
    (Word::Cue(Cue::Iban), "iban"),
    (
        Word::Cue(Cue::Reference),
        "order orders ord invoice invoices inv tracking track trk ref reference booking reservation confirmation \
         pnr rma imei serial sku version ver build firmware shipment parcel consignment awb waybill isbn ean upc \
         gtin vin txn transaction receipt po uuid guid timestamp epoch zip zipcode postcode postal pnrs iccid eid \
         barcode bestellung bestellnummer rechnung rechnungsnummer sendungsnummer pedido factura commande facture \
         ordernumber orderid orderno ordernr invoicenumber invoiceid invoiceno trackingnumber trackingid \
         trackingno transactionid txnid paymentid bookingid bookingnumber shipmentid",
    ),
    (
        Word::Cue(Cue::Thing),
        "ticket case item items product part model flight room gate package delivery policy claim customer client \
         member membership loyalty flyer job bug issue request incident quote report batch lot year extension ext \
         unit apartment apt suite session device meter contract error promo promotion promotional discount coupon \
         voucher gift status sort swift article catalog student employee tax license licence passport date page \
         line port chapter",
    ),
    (
        Word::Cue(Cue::Money),
        "balance amount amounts price prices cost costs total paid pay fee fees charge charged charges limit \
         deposit deposited payment salary worth sum income refund withdraw withdrew spent budget usd eur gbp inr \
         rs transfer",
    ),
    (Word::Number, "number no num nr nos numbers nbr numb numer numbet nmbr nunber id nummer numero"),
    (Word::Link, "is was are its it's as be equals ist lautet es est e luidt"),
    (Word::Says, "says said reads shows showed displays typed entered tried keyed"),
    (
        Word::Filler,
        "my the your his her our their a an of for here this that these s last four full digits digit new old \
         current existing ok okay sure yes ya yeah yep debit credit bank banking savings saving checking chequing \
         security one one-time time atm personal final identification primary temporary ending ends with at on me \
         us and too thanks thank you hi hello hey it oh sorry so well sir am i'm name also correct ma'am back him \
         them im no. right great alright fine good mein meine mi mon ma de la le il mio mia mijn uw ihr ihre dein \
         deine votre vos su der das het den bitte unter op und thx bic",
    ),
    (
        Word::Ask,
        "please provide enter give confirm verify what what's whats may can could need share tell send type know \
         kindly help require required supply state submit reply would pls plz which geben gib nennen senden \
         schicken quel quelle welke wie inserisca ingrese introduzca",
    ),
    (Word::Never, "never don't dont not without"),
    (Word::Break, "but because when while if then or pero aber mais"),
    (
        Word::Minor,
        "in to from by since until till per every over under about than after before within between i we they has \
         had have",
    ),
    (
        Word::Unit,
        "dollars dollar bucks euros euro pounds pound rupees cents yen days day hours hour hrs minutes mins \
         seconds weeks months years times people persons points miles km kg lbs percent pcs pieces units pages mb \
         gb k pm meters steps customers users copies boxes bags btu watts watt volts ml cm mm ft feet inches mph \
         rpm hz mhz ghz tb kb bytes stars seats guests nights tickets messages",
    ),
];

static LEXICON: Lexicon<Word, 2048, { entries(WORDS) }> = Lexicon::new(Word::Other, WORDS);

/// Classifies a word of the folded text, whatever its case.
pub(super) fn classify(word: &[u8]) -> Word {
    let spelling = Spelling::of(word);
    match LEXICON.meaning(spelling) {
        // "my pin's 4821"
        Word::Other => spelling.without_s().map_or(Word::Other, |word| LEXICON.meaning(word)),
        known => known,
    }
}

/// What a `code` is by the word before it.
const QUALIFIERS: &[(Option<Cue>, &str)] = &[
    (
        Some(Cue::OneTime),
        "verification verify authentication authenticator auth authorization authorisation login log-in access \
         sms text otp time 2fa mfa factor one-time onetime sign-in signin recovery reset activation digit unlock \
         confirmation",
    ),
    // "I got code 20342"
    (Some(Cue::OneTime), "got get received receive entered typed tried"),
    (Some(Cue::Pin), "pin"),
    (Some(Cue::Cvv), "security sec cvv cvc"),
    (
        Some(Cue::Reference),
        "country area bar qr exit http response color colour dress source reason referral invite dialing airport \
         fare routing branch ifsc style department return tracking hs fault offer",
    ),
];

static QUALIFIED: Lexicon<Option<Cue>, 256, { entries(QUALIFIERS) }> = Lexicon::new(None, QUALIFIERS);

/// Classifies `code` by the word before it: a verification code is a one-time code, a promo code is not.
pub(super) fn classify_code(qualifier: &[u8]) -> Cue {
    let spelling = Spelling::of(qualifier);
    QUALIFIED.meaning(spelling).unwrap_or_else(|| match LEXICON.meaning(spelling) {
        Word::Cue(Cue::Reference | Cue::Thing) => Cue::Reference,
        _ => Cue::Code,
    })
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

/// Words that say that something is paid; cards have a cue of their own.
const PAYING: &[(bool, &str)] = &[
    // English
    (
        true,
        "pay pays paying paid unpaid prepaid payment payments charge charges charged charging debit debited \
         credit credited billed",
    ),
    // German
    (
        true,
        "zahle zahlt zahlen zahlung gezahlt bezahle bezahlt bezahlen bezahlung unbezahlt abbuchen abgebucht \
         abbuchung belasten belastet lastschrift",
    ),
    // Spanish
    (true, "pago pagos pagar pague pagado pagada cobrar cobro cobrado cobraron debito credito"),
    // French
    (
        true,
        "payer paye payee payez paiement payement regler regle debiter debite prelever preleve prelevement",
    ),
];

static PAYS: Lexicon<bool, 256, { entries(PAYING) }> = Lexicon::new(false, PAYING);

/// Tells whether a word says that something is paid.
pub(super) fn pays(word: &[u8]) -> bool {
    PAYS.meaning(Spelling::of(word))
}

/// Words before a month of expiry.
const EXPIRES: &[(bool, &str)] = &[
    (true, "exp expiry expires expiring expiration expire valid thru through mm"),
    // German
    (true, "gultig ablauf ablaufdatum lauft"),
    // Spanish
    (true, "caduca caducidad vence vencimiento expiracion"),
    // French
    (true, "valable validite"),
];

static EXPIRY: Lexicon<bool, 64, { entries(EXPIRES) }> = Lexicon::new(false, EXPIRES);

/// Tells whether a word leads to a month of expiry.
pub(super) fn is_expiry(word: &[u8]) -> bool {
    EXPIRY.meaning(Spelling::of(word))
}

/// Months by name, without those that are written alike.
const NAMED_MONTHS: &[(bool, &str)] = &[
    (
        true,
        "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september \
         october november december",
    ),
    // German
    (true, "januar februar marz mai juni juli oktober dezember dez okt"),
    // Spanish
    (true, "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
    // French
    (true, "janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre"),
];

static MONTHS: Lexicon<bool, 128, { entries(NAMED_MONTHS) }> = Lexicon::new(false, NAMED_MONTHS);

/// Tells whether a word names a month.
pub(super) fn is_month_name(word: &[u8]) -> bool {
    MONTHS.meaning(Spelling::of(word))
}

/// What a code is by the words behind it, as in "código de verificación" and "codice di sicurezza".
const CODES_OF: &[(Option<Cue>, &str)] = &[
    (
        Some(Cue::OneTime),
        "verificacion verification verifica verificatie acceso acces accesso connexion confirmacion",
    ),
    (Some(Cue::Cvv), "seguridad securite sicurezza"),
];

static CODE_OF: Lexicon<Option<Cue>, 32, { entries(CODES_OF) }> = Lexicon::new(None, CODES_OF);

/// Tells what a code is of which a word says what it is for: nothing where the word says nothing of codes.
pub(super) fn code_of(word: &[u8]) -> Option<Cue> {
    CODE_OF.meaning(Spelling::of(word))
}

#[cfg(test)]
mod tests {
    use super::{WORDS, Word, classify};

    #[test]
    fn every_known_word_is_found_whatever_its_case_and_no_other() {
        for (meaning, words) in WORDS {
            for word in words.split(' ') {
                assert_eq!(classify(word.as_bytes()), *meaning, "{word}");
                assert_eq!(classify(word.to_uppercase().as_bytes()), *meaning, "{word}");
                let owned = format!("{word}'s");
                let expected = if word.len() + 2 > 16 { Word::Other } else { *meaning };
                if !WORDS.iter().any(|(_, words)| words.split(' ').any(|other| other == owned)) {
                    assert_eq!(classify(owned.as_bytes()), expected, "{owned}");
                }
                for other in [format!("{word}\u{1}"), format!("\u{1}{word}"), format!("{word}{word}{word}qx")]
                {
                    assert_eq!(classify(other.as_bytes()), Word::Other, "{other:?}");
                }
            }
        }
        for other in ["", "'s", "sixteen bytes at", "seventeen bytes are"] {
            assert_eq!(classify(other.as_bytes()), Word::Other, "{other:?}");
        }
    }
}
