//! Who a citizen is to the registers, and what proves it.

use jiff::civil::Date;

use crate::{choice::CredentialState, field::Coded, link::Link};

widgets! {
    /// A licence, permit or certificate (*akkreditiv*).
    Credential {
        /// What it is.
        title: String,
        /// Its number, which may be masked.
        number: Option<String>,
        /// Who issued it.
        issuer: Option<String>,
        /// When it was issued.
        issued_on: Option<Date>,
        /// Last day it is valid.
        valid_until: Option<Date>,
        /// What it covers.
        categories: Option<String>,
        /// Where it stands.
        state: Option<CredentialState>,
        /// Where it can be renewed or read about.
        link: Option<Link>,
    }

    /// What the citizen's health card says (*sundhedskort*).
    HealthCard {
        /// Group of the public health insurance (*sikringsgruppe*).
        group: Coded,
        /// The citizen's doctor.
        doctor: Option<String>,
        /// Address of the doctor.
        doctor_address: Option<String>,
        /// Telephone of the doctor.
        doctor_phone: Option<String>,
        /// The region that answers for the citizen's treatment.
        region: Option<String>,
        /// First day the card is valid.
        valid_from: Option<Date>,
        /// Where the doctor can be changed or a card ordered.
        link: Option<Link>,
    }

    /// What the registers hold about who and where the citizen is (*stamdata*).
    MasterData {
        /// The citizen's name.
        name: String,
        /// The registered address.
        address: Option<String>,
        /// The municipality of residence.
        municipality: Option<String>,
        /// When the citizen moved to the address.
        moved_in_on: Option<Date>,
        /// Marital status.
        marital_status: Option<Coded>,
        /// Whether name and address are kept from others (*navne- og adressebeskyttelse*).
        protected_address: Option<bool>,
        /// Telephone.
        phone: Option<String>,
        /// E-mail address.
        email: Option<String>,
        /// Where the data can be put right.
        link: Option<Link>,
    }
}
