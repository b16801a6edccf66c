// The form that the form filling example fills in. It stands for a form of yours: it books nothing.

import { useState } from "react";

import type { Booking } from "./booking.ts";

const fields = [
  { name: "destination", label: "Destination" },
  { name: "nights", label: "Nights" },
  { name: "extras", label: "Extras" },
] as const;

export interface BookingFormProps {
  readonly booking: Booking;
  onChange(booking: Booking): void;
  onClose(): void;
}

export function BookingForm({ booking, onChange, onClose }: BookingFormProps) {
  const [isSent, setSent] = useState(false);
  return (
    <form
      className="booking"
      aria-labelledby="booking-heading"
      onSubmit={(event) => {
        event.preventDefault();
        setSent(true);
      }}
    >
      <h3 id="booking-heading">Booking form</h3>
      <div className="booking-fields">
        {fields.map(({ name, label }) => (
          <label key={name}>
            <span>{label}</span>
            <input
              name={name}
              value={booking[name]}
              onChange={(event) => onChange({ ...booking, [name]: event.target.value })}
            />
          </label>
        ))}
      </div>
      <div className="booking-buttons">
        <output>{isSent ? "This is an example: nothing was booked." : ""}</output>
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
        <button type="submit" className="button primary">
          Book
        </button>
      </div>
    </form>
  );
}
