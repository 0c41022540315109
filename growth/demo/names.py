"""The word stock of the demo. Company names are put together from syllables: none is meant to be a real company."""

from __future__ import annotations

from typing import Final

COMPANY_HEADS: Final = (
    "Vel", "Cor", "Tam", "Lum", "Bri", "Nor", "Ash", "Quel", "Hal", "Mer", "Fen", "Dor", "Syl", "Gar", "Ost", "Pel",
    "Rav", "Tor", "Ul", "Wex", "Yar", "Zel", "Kes", "Jun", "Ib", "Ond", "Cal", "Dre", "Elm", "Fal",
)  # fmt: skip
COMPANY_TAILS: Final = (
    "orin", "ander", "eth", "una", "ix", "avo", "ero", "isk", "olm", "entis", "ara", "owen", "ulo", "essa", "idan",
    "ova", "erra", "imo", "and", "elle",
)  # fmt: skip
LONG_NAME: Final = (
    "Ostentis, Wexander & Quelowen Consolidated Refrigerated Warehousing, Inland Shipping and Perishable Goods "
    "Forwarding Holdings of the Northern Lakes and Adjacent Territories"
)
RIGHT_TO_LEFT_NAME: Final = "شركة نورفين لخدمات النقل"
JAPANESE_NAME: Final = "ヴェロリン物流株式会社"

# Industry, its words for a company name, weight.
INDUSTRIES: Final = (
    ("Logistics", ("Logistics", "Freight", "Forwarding"), 20),
    ("Manufacturing", ("Works", "Industries", "Components"), 22),
    ("Health care", ("Clinics", "Care", "Medical"), 14),
    ("Retail", ("Stores", "Markets", "Outfitters"), 12),
    ("Energy", ("Energy", "Grid", "Power"), 9),
    ("Public sector", ("County Services", "Transit", "Water Board"), 8),
    ("Financial services", ("Mutual", "Capital", "Insurance"), 8),
    ("Software", ("Systems", "Labs", "Software"), 7),
)

# Region, country, currency, language, weight.
PLACES: Final = (
    ("North America", "US", "USD", "en", 42),
    ("North America", "CA", "USD", "en", 6),
    ("Europe", "DE", "EUR", "de", 14),
    ("Europe", "FR", "EUR", "fr", 8),
    ("Europe", "NL", "EUR", "nl", 5),
    ("Europe", "ES", "EUR", "es", 4),
    ("Europe", "IE", "EUR", "en", 4),
    ("Asia Pacific", "JP", "JPY", "ja", 9),
    ("Asia Pacific", "SG", "USD", "en", 3),
    ("Middle East", "KW", "KWD", "ar", 5),
)

FIRST_NAMES: Final = {
    "en": ("Amara", "Ben", "Chloe", "Derek", "Elena", "Felix", "Grace", "Henry", "Imani", "Jonah", "Keira", "Liam",
           "Maya", "Nolan", "Olive", "Priya", "Quinn", "Rosa", "Silas", "Tessa", "Uma", "Victor", "Willa", "Zane"),
    "de": ("Anja", "Bastian", "Carla", "Dirk", "Elke", "Florian", "Greta", "Holger", "Ines", "Jens", "Katrin", "Lukas"),
    "fr": ("Amélie", "Bastien", "Camille", "Didier", "Élodie", "Fabrice", "Gaëlle", "Hugo", "Inès", "Julien"),
    "nl": ("Anouk", "Bram", "Daan", "Eline", "Femke", "Joost", "Lotte", "Maarten", "Sanne", "Tijs"),
    "es": ("Alba", "Bruno", "Carmen", "Diego", "Elvira", "Gonzalo", "Inés", "Javier", "Lucía", "Mateo"),
    "ja": ("Aiko", "Daichi", "Emi", "Haruto", "Kaori", "Kenji", "Mika", "Naoki", "Rin", "Takumi"),
    "ar": ("Amal", "Bader", "Dana", "Fahad", "Hessa", "Khaled", "Maha", "Nasser", "Reem", "Yousef"),
}  # fmt: skip
LAST_NAMES: Final = {
    "en": ("Abbot", "Barlow", "Carver", "Dunmore", "Ellery", "Farrow", "Garnet", "Hollis", "Ibbot", "Jarrow", "Kendrew",
           "Larkin", "Marlow", "Norwood", "Oakes", "Pemberly", "Quill", "Renfrew", "Sorrel", "Thorne", "Underhay",
           "Vance", "Wickham", "Yarrow"),
    "de": ("Ackermeister", "Brandhof", "Cordes", "Dornfeld", "Eichwald", "Falkenau", "Grünberg", "Hagemann",
           "Lindhorst", "Mühlbach", "Reichertz", "Steinau"),
    "fr": ("Aubray", "Bellerive", "Courtois", "Delaunay", "Estrade", "Fontenelle", "Girodet", "Lormier", "Montclair",
           "Rivarol"),
    "nl": ("van Aarden", "Boersma", "de Graaff", "Hoekstra", "Kuipers", "van Leerdam", "Mulder", "Terpstra",
           "Visserman", "Zandstra"),
    "es": ("Albarrán", "Bustillo", "Castañeda", "Domecq", "Escalante", "Figueroa", "Lozano", "Montalvo", "Quiroga",
           "Saavedra"),
    "ja": ("Aokawa", "Fujimori", "Hayase", "Ishiguro", "Kuroda", "Mizushima", "Nishino", "Okazawa", "Sakamoto",
           "Yoshioka"),
    "ar": ("Al-Anbari", "Al-Darwish", "Al-Faris", "Al-Hamad", "Al-Jassim", "Al-Kandari", "Al-Mutawa", "Al-Rashed",
           "Al-Saleh", "Al-Zayed"),
}  # fmt: skip
RIGHT_TO_LEFT_PERSON: Final = ("هيا", "العنبري")
LONG_PERSON: Final = (
    "Maximiliana-Theodora Wilhelmina Anastasia",
    "von Hohenlindenberg-Ackermeister zu Steinau und Falkenau",
)

# Persona, seniority, title, weight.
JOBS: Final = (
    ("Operations", "executive", "Chief Operating Officer", 4),
    ("Operations", "vice_president", "VP Operations", 8),
    ("Operations", "director", "Director of Field Operations", 16),
    ("Operations", "manager", "Dispatch Manager", 18),
    ("Operations", "staff", "Shift Planner", 10),
    ("IT", "executive", "Chief Information Officer", 3),
    ("IT", "director", "Director of IT", 9),
    ("IT", "manager", "Systems Manager", 10),
    ("Finance", "executive", "Chief Financial Officer", 3),
    ("Finance", "manager", "Finance Manager", 6),
    ("People", "vice_president", "VP People", 4),
    ("People", "manager", "Workforce Planning Manager", 9),
)

PRODUCTS: Final = (
    ("Corvane Roster", "ROS", 44), ("Corvane Dispatch", "DIS", 30), ("Corvane Insight", "INS", 16),
    ("Corvane Connect", "CON", 10),
)  # fmt: skip
USE_CASES: Final = ("shift planning", "overtime control", "field dispatch", "compliance records", "demand forecast")
COMPETITORS: Final = ("Plannova", "ShiftGrid", "Rotamint", "spreadsheets")
LEAD_SOURCES: Final = (("Outbound", 30), ("Website", 28), ("Event", 14), ("Partner", 12), ("", 6))

NOMINATION_TEXTS: Final = (
    "Cut overtime by a fifth and tells everybody who will listen. Clear speaker, knows the numbers.",
    "Ran the roll-out in nine sites. Good with skeptical operations people.",
    "Offered twice by email to speak for us. Prefers calls to anything written.",
    "Came from a competitor and can compare both. Careful with pricing questions.",
    "Strong results in the last business review; her director supports it.",
    "Answers in the community every week, patient with beginners.",
)

# Words of the made-up passwords.
PASSWORD_WORDS: Final = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty", "kelp", "lotus", "maple",
    "north", "ocean", "pearl", "quartz", "river", "slate", "tulip", "umber", "violet", "willow", "yarrow",
)  # fmt: skip
