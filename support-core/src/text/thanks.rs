//! Messages that say thanks and nothing else.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::fold;
use super::tokens::words;

/// Returns whether `text` is exactly a thanks phrase.
///
/// The phrases are a closed list for each of English, German, French, Spanish, Italian, Portuguese, Dutch and Hindi
/// (in either script). Case, diacritics, punctuation, emoji and spacing make no difference; one word more does:
/// `thanks but it still fails` is no thanks phrase. Neither is anything with a question mark.
///
/// `language` is a BCP 47 tag such as `de` or `pt-BR`, of which the first part counts; a language without a list has
/// no thanks phrases. Without a language the lists of all languages count.
#[must_use]
pub fn is_thanks(text: &str, language: Option<&str>) -> bool {
    if text.len() > LONGEST_MESSAGE {
        return false;
    }
    let folded = fold(text);
    if folded.contains(['?', '؟', '⸮']) {
        return false;
    }
    let phrase = spelled(&folded);
    let wanted = language.map(|tag| tag.split(['-', '_']).next().unwrap_or(tag));
    PHRASES
        .iter()
        .filter(|(listed, _)| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(listed)))
        .any(|(_, phrases)| phrases.contains(&phrase))
}

/// Bytes beyond which a message is not even compared; ample for the longest phrase with a row of emoji behind it.
const LONGEST_MESSAGE: usize = 400;

/// The words of folded text joined by spaces.
fn spelled(folded: &str) -> String {
    words(folded).collect::<Vec<_>>().join(" ")
}

/// The lists, folded as messages are.
static PHRASES: LazyLock<Vec<(&str, HashSet<String>)>> = LazyLock::new(|| {
    LISTS
        .iter()
        .map(|(language, list)| {
            (*language, list.split(';').map(|phrase| spelled(&fold(phrase))).collect::<HashSet<_>>())
        })
        .collect()
});

/// Phrases of each language, parted by semicolons. A phrase may stand here only if nobody could expect an answer
/// to it: it asks nothing, answers nothing (`yes thanks`) and expects nothing (`thanks in advance`).
const LISTS: &[(&str, &str)] = &[
    (
        "en",
        "thanks; thank you; thank u; thankyou; thx; thnx; thanx; tnx; tx; ty; tysm; tyvm; cheers; many thanks; \
         thanks a lot; thanks so much; thanks very much; thanks a million; thanks a bunch; thanks a ton; \
         thanks again; thanks again for your help; thanks for your help; thanks for the help; \
         thanks for all your help; thanks for helping; thanks for your quick reply; thanks for the quick reply; \
         thanks for your support; thanks for your time; thanks for the update; thanks for the info; \
         thank you so much; thank you very much; thank you so very much; thank you again; \
         thank you for your help; thank you for the help; thank you for all your help; \
         thank you so much for your help; thank you very much for your help; thank you for your support; \
         thank you for your quick reply; thank you for your time; thank you for the update; \
         thank you for the info; thanks all; thanks everyone; thanks guys; thanks team; \
         ok thanks; okay thanks; ok thank you; okay thank you; ok thx; ok ty; ok thanks a lot; \
         alright thanks; all right thanks; great thanks; great thank you; perfect thanks; perfect thank you; \
         awesome thanks; awesome thank you; cool thanks; nice thanks; super thanks; excellent thanks; \
         excellent thank you; wonderful thanks; wonderful thank you; amazing thanks; amazing thank you; \
         brilliant thanks; lovely thanks; got it thanks; got it thank you; noted thanks; noted thank you; \
         hi thanks; hi thank you; much appreciated; appreciated; appreciate it; \
         i appreciate it; really appreciate it; much obliged; thanks much appreciated; thanks i appreciate it; \
         thank you i appreciate it; thanks have a nice day; thanks have a great day; thank you have a nice day; \
         thank you have a great day; thanks and have a nice day; thank you and have a nice day",
    ),
    (
        "de",
        "danke; danke schön; dankeschön; danke schoen; danke sehr; dankesehr; vielen dank; herzlichen dank; \
         besten dank; tausend dank; lieben dank; schönen dank; recht vielen dank; vielen lieben dank; \
         vielen herzlichen dank; vielen vielen dank; 1000 dank; danke vielmals; vielmals danke; ich danke ihnen; \
         ich danke euch; ich danke dir; danke ihnen; danke dir; danke euch; merci; merci vielmals; \
         danke für die hilfe; danke für ihre hilfe; danke für deine hilfe; danke für eure hilfe; \
         vielen dank für die hilfe; vielen dank für ihre hilfe; vielen dank für deine hilfe; \
         vielen dank für ihre unterstützung; danke für die schnelle antwort; danke für die schnelle hilfe; \
         vielen dank für die schnelle antwort; vielen dank für die schnelle hilfe; \
         vielen dank für die rückmeldung; danke für die rückmeldung; danke für die info; \
         vielen dank für die info; ok danke; okay danke; ok vielen dank; \
         ok danke schön; alles klar danke; alles klar vielen dank; super danke; super vielen dank; \
         perfekt danke; perfekt vielen dank; prima danke; prima vielen dank; toll danke; klasse danke; \
         nochmals danke; nochmals vielen dank; nochmal danke; danke nochmal; \
         danke nochmals; vielen dank nochmal; vielen dank nochmals; danke und schönen tag; \
         danke schönen tag noch; danke und einen schönen tag; vielen dank und einen schönen tag",
    ),
    (
        "fr",
        "merci; merci beaucoup; merci bien; merci infiniment; merci mille fois; mille mercis; mille merci; \
         un grand merci; grand merci; merci à vous; merci à toi; merci à tous; merci encore; encore merci; \
         je vous remercie; je te remercie; merci pour votre aide; merci pour ton aide; \
         merci de votre aide; merci beaucoup pour votre aide; merci pour votre réponse; \
         merci de votre réponse; merci pour votre retour; merci pour votre réponse rapide; \
         merci pour l'info; merci pour l'information; merci pour tout; ok merci; ok merci beaucoup; \
         d'accord merci; d'accord merci beaucoup; parfait merci; parfait merci beaucoup; super merci; \
         super merci beaucoup; très bien merci; génial merci; top merci; bien reçu merci; \
         c'est noté merci; merci bonne journée; merci et bonne journée; merci beaucoup bonne journée; \
         merci bonne soirée; merci et bonne soirée; mrc",
    ),
    (
        "es",
        "gracias; muchas gracias; muchísimas gracias; mil gracias; gracias a usted; gracias a ti; \
         gracias a ustedes; gracias a todos; muchas gracias a todos; un millón de gracias; gracias de nuevo; \
         gracias nuevamente; gracias otra vez; de nuevo gracias; \
         gracias por su ayuda; gracias por tu ayuda; gracias por la ayuda; muchas gracias por su ayuda; \
         muchas gracias por tu ayuda; muchas gracias por la ayuda; gracias por todo; muchas gracias por todo; \
         gracias por su respuesta; gracias por la respuesta; gracias por la información; gracias por la info; \
         gracias por su atención; te lo agradezco; se lo agradezco; muy agradecido; muy agradecida; \
         ok gracias; ok muchas gracias; vale gracias; vale muchas gracias; de acuerdo gracias; \
         perfecto gracias; perfecto muchas gracias; genial gracias; excelente gracias; muy bien gracias; \
         listo gracias; entendido gracias; bueno gracias; gracias buen día; \
         gracias y buen día; gracias que tenga buen día; thx; grax",
    ),
    (
        "it",
        "grazie; grazie mille; mille grazie; tante grazie; grazie tante; molte grazie; grazie infinite; \
         grazie di cuore; grazie di tutto; grazie a lei; grazie a te; grazie a voi; grazie a tutti; \
         grazie ancora; ancora grazie; la ringrazio; ti ringrazio; vi ringrazio; \
         la ringrazio molto; grazie per l'aiuto; grazie per il suo aiuto; grazie per il tuo aiuto; \
         grazie mille per l'aiuto; grazie per il supporto; grazie per la risposta; grazie per l'informazione; \
         grazie per la disponibilità; ok grazie; ok grazie mille; va bene grazie; va bene grazie mille; \
         perfetto grazie; perfetto grazie mille; ottimo grazie; benissimo grazie; d'accordo grazie; \
         capito grazie; grazie buona giornata; grazie e buona giornata; \
         grazie mille buona giornata; grazie mille e buona giornata; grz",
    ),
    (
        "pt",
        "obrigado; obrigada; obg; brigado; brigada; muito obrigado; muito obrigada; obrigadão; obrigadíssimo; \
         muitíssimo obrigado; muitíssimo obrigada; mil obrigados; valeu; vlw; grato; grata; muito grato; \
         muito grata; agradeço; agradecido; agradecida; obrigado a todos; obrigada a todos; \
         obrigado de novo; obrigada de novo; obrigado novamente; obrigada novamente; \
         mais uma vez obrigado; mais uma vez obrigada; \
         obrigado pela ajuda; obrigada pela ajuda; muito obrigado pela ajuda; muito obrigada pela ajuda; \
         obrigado por tudo; obrigada por tudo; obrigado pela resposta; obrigada pela resposta; \
         obrigado pela informação; obrigada pela informação; obrigado pela atenção; obrigada pela atenção; \
         ok obrigado; ok obrigada; ok muito obrigado; ok muito obrigada; tá bom obrigado; tá bom obrigada; \
         está bem obrigado; está bem obrigada; perfeito obrigado; perfeito obrigada; ótimo obrigado; \
         ótimo obrigada; certo obrigado; certo obrigada; beleza obrigado; beleza obrigada; \
         entendi obrigado; entendi obrigada; obrigado bom dia; \
         obrigada bom dia; obrigado e bom dia; obrigada e bom dia",
    ),
    (
        "nl",
        "bedankt; dank je; dank je wel; dankjewel; dank u; dank u wel; dankuwel; hartelijk dank; \
         hartelijk bedankt; heel erg bedankt; heel hartelijk bedankt; erg bedankt; super bedankt; \
         veel dank; duizendmaal dank; dank jullie wel; bedankt allemaal; nogmaals bedankt; nogmaals dank; \
         dank; thanks; thx; merci; \
         bedankt voor je hulp; bedankt voor uw hulp; bedankt voor de hulp; bedankt voor jullie hulp; \
         heel erg bedankt voor uw hulp; heel erg bedankt voor je hulp; dank voor de hulp; \
         bedankt voor de snelle reactie; bedankt voor uw reactie; bedankt voor je reactie; \
         bedankt voor de informatie; bedankt voor de info; ok bedankt; oké bedankt; \
         ok dank je; ok dank u; ok dank je wel; prima bedankt; prima dank je; prima dank u; top bedankt; \
         top dank je; perfect bedankt; super dank je; duidelijk bedankt; helder bedankt; \
         bedankt en fijne dag; bedankt fijne dag; bedankt en een fijne dag",
    ),
    (
        "hi",
        "धन्यवाद; बहुत धन्यवाद; बहुत बहुत धन्यवाद; आपका धन्यवाद; आपका बहुत धन्यवाद; \
         आपका बहुत बहुत धन्यवाद; धन्यवाद जी; धन्यवाद सर; धन्यवाद मैडम; शुक्रिया; बहुत शुक्रिया; \
         बहुत बहुत शुक्रिया; आपका शुक्रिया; आपका बहुत बहुत शुक्रिया; शुक्रिया जी; आभार; \
         ठीक है धन्यवाद; ठीक है शुक्रिया; थैंक्स; थैंक यू; थैंक्यू; थैंक यू सो मच; \
         ओके धन्यवाद; ओके थैंक्स; मदद के लिए धन्यवाद; आपकी मदद के लिए धन्यवाद; \
         dhanyavad; dhanyavaad; dhanyawad; dhanyawaad; dhanyvad; dhanywad; bahut dhanyavad; \
         bahut dhanyavaad; bahut bahut dhanyavad; bahut bahut dhanyavaad; bahut bahut dhanyawad; \
         aapka dhanyavad; aapka dhanyavaad; aapka bahut dhanyavad; aapka bahut bahut dhanyavad; \
         aapka bahut bahut dhanyavaad; dhanyavad ji; dhanyavad sir; shukriya; shukriyaa; shukria; \
         bahut shukriya; bahut bahut shukriya; aapka shukriya; aapka bahut bahut shukriya; shukriya ji; \
         shukriya sir; theek hai dhanyavad; thik hai dhanyavad; theek hai shukriya; thik hai shukriya; \
         theek hai thanks; thik hai thanks; ok dhanyavad; ok shukriya; acha thanks; accha thanks; \
         thanks; thank you; thanks ji; thank you ji; thanks sir; thank you sir; \
         thanks bhai; thank you so much; madad ke liye dhanyavad; madad ke liye shukriya",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thanks_in_any_dress_are_thanks() {
        for (text, language) in [
            ("Thanks!", "en"),
            ("thank you so much", "en"),
            ("OK, thanks.", "en-GB"),
            ("  THANKS \n\n", "EN_us"),
            ("Thanks 😊🙏👍🏽", "en"),
            ("Ｔｈａｎｋｓ！", "en"),
            ("danke schön", "de"),
            ("DANKE SCHON", "de-AT"),
            ("Vielen Dank für Ihre Hilfe!", "de"),
            ("D’accord, merci", "fr"),
            ("¡Muchas gracias!", "es"),
            ("Va bene, grazie mille", "it"),
            ("Muito obrigada", "pt-BR"),
            ("Dank je wel.", "nl"),
            ("धन्यवाद।", "hi"),
            ("Bahut bahut dhanyavaad", "hi-Latn"),
        ] {
            assert!(is_thanks(text, Some(language)), "{text}");
            assert!(is_thanks(text, None), "{text}");
        }
    }

    #[test]
    fn a_word_more_is_not_thanks() {
        for text in [
            "",
            "👍",
            "!",
            "ok",
            "thanks but it still fails",
            "thanks for nothing",
            "thanks, when will it arrive",
            "Thanks?",
            "no thanks",
            "yes, thanks",
            "Thanks in advance!",
            "thanks 2",
            "than ks",
            "danke, aber nein",
            "nein danke",
            "no gracias",
            "non merci",
            "merci de me rappeler",
            "bedankt maar het werkt niet",
        ] {
            assert!(!is_thanks(text, None), "{text}");
        }
        assert!(!is_thanks(&format!("thanks{}", "!".repeat(LONGEST_MESSAGE)), None));
    }

    #[test]
    fn a_language_has_its_own_list() {
        assert!(!is_thanks("gracias", Some("de")));
        assert!(!is_thanks("vielen dank", Some("en")));
        assert!(is_thanks("gracias", Some("es")));
        assert!(!is_thanks("thanks", Some("ja")));
    }

    #[test]
    fn every_phrase_is_found_and_listed_once() {
        for (language, list) in LISTS {
            for phrase in list.split(';') {
                assert!(is_thanks(phrase, Some(language)), "{language}: {phrase}");
                assert!(!spelled(&fold(phrase)).is_empty(), "{language}: an empty phrase");
                assert!(phrase.len() < LONGEST_MESSAGE / 2, "{phrase}");
            }
            let (_, phrases) = PHRASES.iter().find(|(listed, _)| listed == language).unwrap();
            assert_eq!(phrases.len(), list.split(';').count(), "{language}: a phrase twice");
        }
    }
}
